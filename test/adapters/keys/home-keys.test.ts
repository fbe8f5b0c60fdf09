import { execFile } from 'node:child_process'
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import {
  KeyFileError,
  type KeyPurpose,
  openHomeKeys,
  openKeys,
  openMasterKey
} from '../../../src/adapters/keys/home-keys.ts'

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

t.test('tells all that is wrong with the key files at once, and nothing of what is in them', async t => {
  const home = t.testdir()
  const master = join(home, 'keys', 'master.key')
  openKeys(home, master)
  const file = (purpose: string) => join(home, 'keys', `${purpose}.jwk.json`)
  chmodSync(file('receipt'), 0o640)
  chmodSync(file('token'), 0o604)
  writeFileSync(file('webhook'), 'not JSON but 5ecret')
  writeFileSync(file('document'), '{"kty":"EC","d":"5ecret"}')
  writeFileSync(file('log'), readFileSync(file('webhook'), 'utf8'))
  writeFileSync(master, '5ecret')
  const error = await thrown(() => openKeys(home, master))
  t.ok(error instanceof KeyFileError)
  const { problems } = error as KeyFileError
  t.match(problems, [
    /token\.jwk\.json: others can read it; set its mode to 0600/,
    /receipt\.jwk\.json: others can read it; set its mode to 0600/,
    /webhook\.jwk\.json: holds no private key as JWK/,
    /document\.jwk\.json: holds no private key as JWK/,
    /log\.jwk\.json: holds no private key as JWK/,
    /master\.key: a master key is 32 bytes as base64url/
  ])
  t.notMatch(`${error}${(error as Error).stack}`, /5ecret/)
})

t.test('a key of one purpose does not serve another of another curve', async t => {
  const home = t.testdir()
  openHomeKeys(home)
  const log = join(home, 'keys', 'log.jwk.json')
  writeFileSync(log, readFileSync(join(home, 'keys', 'token.jwk.json')))
  t.match(await thrown(() => openHomeKeys(home)), {
    problems: [/log\.jwk\.json: holds a key of another curve than Ed25519/]
  })
})

t.test('each key signs what its public key, as served, verifies', async t => {
  const { keys } = openHomeKeys(t.testdir())
  const served = keys.jwks.keys as readonly (JsonWebKey & { kid: string; 'x-purpose': KeyPurpose })[]
  t.same(
    served.map(key => [key['x-purpose'], key.alg, key.crv, key.use, 'd' in key]),
    [
      ['token', 'ES384', 'P-384', 'sig', false],
      ['receipt', 'ES256', 'P-256', 'sig', false],
      ['webhook', 'ES256', 'P-256', 'sig', false],
      ['document', 'ES256', 'P-256', 'sig', false],
      ['log', 'EdDSA', 'Ed25519', 'sig', false]
    ]
  )
  const input = Buffer.from('input')
  for (const jwk of served) {
    const signer = keys.signers[jwk['x-purpose']]
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const hash = { ES256: 'sha256', ES384: 'sha384' }[jwk.alg as string] ?? null
    t.ok(verify(hash, input, { key, dsaEncoding: 'ieee-p1363' }, await signer.sign(input)))
    t.equal(signer.kid, jwk.kid)
  }
})

async function thrown(work: () => unknown): Promise<unknown> {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}
