import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { exclusivelyIn } from '../../../src/adapters/keys/exclusively.ts'
import { keyPurposes } from '../../../src/document/signer.ts'
import { startGateway } from '../../parties/gateway.ts'
import { fetchHead, fetchTrust } from '../../parties/gateway-trust.ts'
import { register } from '../../parties/register.ts'
import { ryoritsu } from './console.ts'

interface Listed {
  readonly keys: readonly { readonly purpose: string; readonly kid: string; readonly state: string }[]
}
interface Rotations {
  readonly ok: boolean
  readonly rotated: readonly { readonly purpose: string; readonly kid: string; readonly retired: readonly string[] }[]
}

const all = [...keyPurposes, 'master']
const secretsIn = (home: string): readonly string[] =>
  readdirSync(join(home, 'keys')).flatMap(name => {
    const text = readFileSync(join(home, 'keys', name), 'utf8')
    return name === 'master.key' ? text.trim().split('\n') : [...text.matchAll(/"d": "([^"]+)"/gu)].map(([, d]) => d!)
  })

t.test('every key is rotated beside a running gateway, which goes on serving tokens of before', async t => {
  const home = t.testdir()
  const env = { RYORITSU_HOME: home }
  const running = await startGateway({ home })
  t.teardown(() => running.stop())
  const auditor = await register(running, {
    role: 'auditor',
    organization: { name: '日本テスト株式会社', identifier: { system: 'urn:oid:1.3.188', value: '8999999999901' } }
  })
  t.teardown(() => auditor.close())
  const token = await auditor.token()
  const before = await fetchTrust(running.baseUrl)
  const secrets = secretsIn(home)
  t.equal(secrets.length, 6)

  const said = await ryoritsu(['keys', 'rotate', '--all', '--grace', '2', '--json'], env)
  t.equal(said.code, 0, said.error)
  const { rotated, ok } = JSON.parse(said.out) as Rotations
  t.ok(ok)
  t.same(
    rotated.map(({ purpose }) => purpose),
    all
  )
  await sleep(600)
  const after = await fetchTrust(running.baseUrl)
  for (const { purpose, kid, retired } of rotated.filter(({ purpose }) => purpose !== 'master')) {
    t.ok(before.keys.has(retired[0]!) && !before.keys.has(kid), `${purpose}: the old one was there`)
    t.ok(after.keys.has(retired[0]!) && after.keys.has(kid), `${purpose}: both are published`)
  }
  const newKey = await fetchHead(after)
  t.equal(newKey.size > 0, true)
  const answer = await auditor.send('GET', '/fhir/AuditEvent', undefined, { authorization: `Bearer ${token}` })
  t.equal(answer.status, 200, 'a token of the old key')
  const trusted = readFileSync(join(home, 'trust', 'gateway.jwks.json'), 'utf8')
  for (const { kid } of rotated.slice(0, -1)) t.ok(trusted.includes(kid), 'the trust folder has it')
  t.equal(
    readFileSync(join(home, 'trust', 'log.vkey'), 'utf8')
      .trim()
      .split('\n').length,
    2
  )

  const listed = JSON.parse((await ryoritsu(['keys', 'list', '--json'], env)).out) as Listed
  t.equal(listed.keys.length, 11)
  for (const { purpose, kid } of rotated)
    t.match(
      listed.keys.find(key => key.purpose === purpose && key.state === 'current'),
      { kid }
    )
  const plain = await ryoritsu(['keys', 'list'], env)
  t.equal(plain.out.split('\n').length, 11)
  const told = `${said.out}${said.error}${plain.out}${JSON.stringify(listed)}${running.logged()}`
  for (const secret of [...secrets, ...secretsIn(home)]) t.notOk(told.includes(secret), 'no secret is told')
  for (const secret of secrets) t.notOk(secretsIn(home).includes(secret), 'and none of before is left')
  for (const name of readdirSync(join(home, 'keys')).filter(name => name !== 'rotation.lock'))
    t.equal(statSync(join(home, 'keys', name)).mode & 0o777, 0o600)
})

t.test('while one process rotates keys, another does nothing', async t => {
  const home = t.testdir()
  const env = { RYORITSU_HOME: home }
  const listed = await ryoritsu(['keys', 'list'], env)
  await exclusivelyIn(home)(async () => {
    const said = await ryoritsu(['keys', 'rotate', 'token', '--grace', '2'], env)
    t.equal(said.code, 1)
    t.match(said.error, /another process is rotating keys/)
    const json = await ryoritsu(['keys', 'rotate', 'token', '--grace', '2', '--json'], env)
    t.same([json.code, JSON.parse(json.out)], [1, { ok: false, rotated: [] }])
  })
  t.same(await ryoritsu(['keys', 'list'], env), listed)
})

t.test('wrong use is told before anything is opened', async t => {
  const home = join(t.testdir(), 'home')
  for (const args of [
    [],
    ['list', 'token'],
    ['list', '--all'],
    ['rotate'],
    ['rotate', 'token', '--all'],
    ['rotate', 'tokens'],
    ['rotate', 'token', '--grace', '1'],
    ['rotate', 'token', '--grace', '2.5'],
    ['rotate', 'token', '--grace', '604801'],
    ['destroy', 'token']
  ]) {
    const said = await ryoritsu(['keys', ...args], { RYORITSU_HOME: home })
    t.equal(said.code, 2, args.join(' '))
    t.match(said.error, /keys rotate <token\|receipt\|log\|webhook\|document\|master>/)
  }
  t.notOk(existsSync(home))
})

t.test('a store whose master key is another is not opened', async t => {
  const home = t.testdir()
  const env = { RYORITSU_HOME: home }
  await ryoritsu(['keys', 'list'], env)
  mkdirSync(join(home, 'elsewhere'))
  const other = { ...env, RYORITSU_MASTER_KEY_FILE: join(home, 'elsewhere', 'master.key') }
  const error = await ryoritsu(['keys', 'list'], other).catch((caught: unknown) => caught)
  t.match(error, { problems: [/master\.key: holds no master key of this store/] })
})
