import { execFile } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { openHomeKeys, openMasterKey } from '../../../src/adapters/keys/home-keys.ts'

const kids = (home: string) => openHomeKeys(home).keys.jwks.keys.map(({ kid }) => kid)

t.test('makes the keys of an empty home once, for its owner alone', async t => {
  const home = join(t.testdir(), 'deep', 'home')
  const first = openHomeKeys(home)
  t.equal(first.made.length, 5)
  for (const file of first.made) t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(statSync(join(home, 'keys')).mode & 0o777, 0o700)
  t.same(
    readdirSync(join(home, 'keys')).filter(name => !name.endsWith('.jwk.json')),
    [],
    'nothing else is left there'
  )
  const again = openHomeKeys(home)
  t.same(again.made, [])
  t.same(again.keys.jwks, first.keys.jwks)
})

t.test('what a start that was killed has left half-written is no key', async t => {
  const home = t.testdir({ keys: { 'master.key.4711.new': 'half', 'log.jwk.json.4711.new': '{"kty":' } })
  const { key, made } = openMasterKey(join(home, 'keys', 'master.key'))
  t.equal(made, true)
  t.equal(key.length, 32)
  t.equal(kids(home).length, 5)
  t.same(openMasterKey(join(home, 'keys', 'master.key')), { key, made: false })
})

t.test('processes that start on one empty home at once share its keys', async t => {
  const home = join(t.testdir(), 'home')
  const module = join(import.meta.dirname, '../../../src/adapters/keys/home-keys.ts')
  const program = `
    const { openHomeKeys, openMasterKey } = await import(${JSON.stringify(module)})
    const { keys } = openHomeKeys(${JSON.stringify(home)})
    const { key } = openMasterKey(${JSON.stringify(join(home, 'keys', 'master.key'))})
    console.log(JSON.stringify([keys.jwks.keys.map(({ kid }) => kid), Buffer.from(key).toString('base64')]))`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  const answers = (await Promise.all([run(), run(), run(), run()])).map(({ stdout }) => stdout)
  const expected = [kids(home), Buffer.from(openMasterKey(join(home, 'keys', 'master.key')).key).toString('base64')]
  for (const answer of answers) t.same(JSON.parse(answer), expected)
})

t.test('refuses keys that others can read, and a master key of another size', async t => {
  const home = t.testdir()
  openHomeKeys(home)
  chmodSync(join(home, 'keys', 'receipt.jwk.json'), 0o644)
  t.throws(() => openHomeKeys(home), { message: /others can read it/ })
  const file = join(home, 'keys', 'master.key')
  openMasterKey(file)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.slice(0, 20))
  t.throws(() => openMasterKey(file), { message: /32 bytes/ })
})
