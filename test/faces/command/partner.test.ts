import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JWK } from 'jose'
import t from 'tap'
import { keyOf, signingKeys } from '../../../fixtures/test-keys.ts'
import type { ClientRole } from '../../../src/document/role.ts'
import { startGateway } from '../../parties/gateway.ts'
import { Party } from '../../parties/party.ts'
import { scopesOf } from '../../parties/register.ts'
import { ryoritsu, type Said } from './console.ts'

const work = t.testdir({})
const employer = { name: '日本テスト株式会社', identifier: { system: 'urn:oid:1.3.188', value: '8999999999901' } }

function clientKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const marks = { kid: 'k1', alg: 'ES384' }
  return {
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), ...marks },
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), ...marks }
  }
}

const fileOf = (role: ClientRole, key: ReturnType<typeof clientKey>, change: object = {}) => {
  const path = join(work, 'partner.json')
  const partner = {
    role,
    organization: employer,
    jwks: { keys: [key.publicJwk] },
    signingKeys: { keys: [keyOf(signingKeys, 'employer-8999999999901').publicJwk] },
    scope: scopesOf[role],
    purposes: ['support-consideration'],
    dpop: false
  }
  writeFileSync(path, JSON.stringify({ ...partner, ...change }))
  return path
}

async function until(holds: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (await holds()) return true
    await sleep(100)
  }
  return false
}

interface Added {
  readonly clientId: string
  readonly party: string
  readonly organization: { readonly reference: string }
}
const added = ({ out }: Said) => JSON.parse(out) as Added

t.test('a client added beside a running gateway can call it, and a disabled one no longer', async t => {
  const home = join(work, 'running')
  mkdirSync(home)
  const running = await startGateway({ home })
  const env = { RYORITSU_HOME: home }
  const key = clientKey()
  const file = fileOf('employer-hr', key)
  const said = await ryoritsu(['partner', 'add', file, '--json'], env)
  t.equal(said.code, 0, said.error)
  const { clientId, party, organization, ...others } = added(said)
  t.match(party, /^PractitionerRole\/[0-9a-f-]{36}$/)
  const { organization: given, ...rest } = JSON.parse(readFileSync(file, 'utf8'))
  t.same(others, rest, 'the file comes back')
  t.match(organization, { ...given, reference: /^Organization\/[0-9a-f-]{36}$/ })

  const client = new Party({
    baseUrl: `${running.baseUrl}/fhir`,
    issuer: running.baseUrl,
    tokenEndpoint: `${running.baseUrl}/oauth2/token`,
    clientId,
    scope: scopesOf['employer-hr'],
    privateJwk: key.privateJwk,
    organization: organization.reference,
    party,
    role: 'employer-hr',
    purpose: 'support-consideration',
    person: { id: 'hr-1', name: '人事 一子' }
  })
  const status = async () => {
    try {
      return (await client.get('/fhir/EpisodeOfCare')).status
    } catch {
      return 401 // no token was given
    }
  }
  t.ok(await until(async () => (await status()) === 200), 'the running gateway has seen it')

  const again = added(await ryoritsu(['partner', 'add', file], env))
  t.not(again.clientId, clientId)
  t.equal(again.party, party, 'clients of one role of one organisation are one party')
  t.match(await ryoritsu(['partner', 'disable', clientId], env), { code: 0, out: /disabled/ })
  t.ok(await until(async () => (await status()) === 401), 'the running gateway refuses its token')

  const list = await ryoritsu(['partner', 'list', '--json'], env)
  t.match(JSON.parse(list.out), {
    partners: [
      { clientId, disabled: true },
      { clientId: again.clientId, disabled: false }
    ]
  })
  t.match((await ryoritsu(['partner', 'list'], env)).out, new RegExp(`${again.clientId} {2}enabled`))

  t.match(await ryoritsu(['partner', 'enable', clientId], env), { code: 0, out: /enabled/ })
  t.ok(await until(async () => (await status()) === 200), 'and takes it again')
  const change = join(work, 'change.json')
  writeFileSync(change, JSON.stringify({ webhook: 'https://hr.example/hook', scope: 'system/EpisodeOfCare.rs' }))
  const updated = await ryoritsu(['partner', 'update', clientId, change, '--json'], env)
  t.match(JSON.parse(updated.out), { clientId, webhook: 'https://hr.example/hook', scope: 'system/EpisodeOfCare.rs' })
  writeFileSync(change, JSON.stringify({ role: 'worker', webhook: null }))
  t.match(await ryoritsu(['partner', 'update', clientId, change], env), { code: 1, out: '', error: /role/ })
  t.match(await ryoritsu(['partner', 'update', clientId, join(work, 'none.json')], env), { code: 2 })
  const signers = JSON.parse(readFileSync(join(home, 'trust/signers.jwks.json'), 'utf8'))
  t.match(signers, { keys: [{ kid: 'employer-8999999999901', 'x-organization': employer.identifier }] })
  t.equal(signers.keys.length, 1)
  await client.close()
  await running.stop()
})

t.test('refuses partners that cannot be, and keeps nothing of them', async t => {
  const env = { RYORITSU_HOME: join(work, 'refused') }
  const refused = async (file: string, at: RegExp) => {
    const said = await ryoritsu(['partner', 'add', file], env)
    t.match(said, { code: 1, out: '', error: at })
  }
  const key = clientKey()
  await refused(fileOf('worker', key), /role-not-allowed role/)
  await refused(fileOf('hospital', key, { jwks: { keys: [key.privateJwk] } }), /jwks\.keys\[0\]\n.*秘密鍵/)
  const { n } = keyOf(signingKeys, 'employer-8999999999901').publicJwk
  const exponentOne = { kty: 'RSA', n, e: 'AQ', kid: 'rsa' }
  await refused(fileOf('hospital', key, { jwks: { keys: [exponentOne] } }), /jwks\.keys\[0\]\n.*65537/)
  const smallOrder = { kty: 'OKP', crv: 'Ed25519', x: Buffer.alloc(32).toString('base64url'), kid: 'ed25519' }
  await refused(fileOf('hospital', key, { jwks: { keys: [smallOrder] } }), /jwks\.keys\[0\]\n.*曲線/)
  await refused(
    fileOf('hospital', key, { jwksUri: 'http://x.example', dpop: 1 }),
    /error partner-file jwksUri\n(.*\n){2}error partner-file dpop/
  )
  const json = await ryoritsu(['partner', 'add', fileOf('hospital', key, { scope: '' }), '--json'], env)
  t.match(JSON.parse(json.out), { resourceType: 'OperationOutcome', issue: [{ expression: ['scope'] }] })
  t.match(await ryoritsu(['partner', 'list', '--json'], env), { code: 0, out: '{"partners":[]}' })
  t.match(await ryoritsu(['partner', 'disable', 'nobody'], env), { code: 1, error: /not-found clientId/ })

  const operator = fileOf('operator', key, { purposes: [] })
  t.equal((await ryoritsu(['partner', 'add', operator], env)).code, 0)
  await refused(fileOf('employer-hr', key), /role-not-allowed organization\.identifier/)
  const allowed = { ...env, RYORITSU_ALLOW_WORKER_CLIENTS: 'true' }
  const person = { name: '本人', identifier: { system: 'urn:example:person', value: '1' } }
  const worker = fileOf('worker', key, { organization: person, purposes: [] })
  t.equal((await ryoritsu(['partner', 'add', worker], allowed)).code, 0)
})

t.test('says what is wrong with how it was called', async t => {
  const env = { RYORITSU_HOME: join(work, 'untouched') }
  const wrong = async (message: RegExp, ...args: readonly string[]) => {
    t.match(await ryoritsu(['partner', ...args], env), { code: 2, out: '', error: message })
  }
  await wrong(/add, list, update, disable, enable or invite/)
  await wrong(/add, list, update, disable, enable or invite/, 'remove', 'x')
  await wrong(/add, list, update, disable, enable or invite/, 'list', 'x')
  await wrong(/add, list, update, disable, enable or invite/, 'add')
  await wrong(/cannot be read \(ENOENT\)/, 'add', join(work, 'nowhere'))
  writeFileSync(join(work, 'broken.json'), '{"role":"hospital","role":"worker"}')
  await wrong(/duplicate-key at line 1/, 'add', join(work, 'broken.json'))
})
