import { generateKeyPairSync } from 'node:crypto'
import type { JWK } from 'jose'
import t from 'tap'
import { cases } from '../../../../fixtures/cases/cases.ts'
import { invitePerson } from '../../../../src/journeys/person/invite-person.ts'
import { startGateway } from '../../../parties/gateway.ts'
import { Party } from '../../../parties/party.ts'
import { register, registerTown } from '../../../parties/register.ts'
import { expectStatus } from '../../../parties/story.ts'

const running = await startGateway()
const { hospital, hr, employerAuditor } = await registerTown(running, cases[0]!)
const operator = await register(running, {
  role: 'operator',
  organization: { name: '架空運営', identifier: { system: 'urn:oid:1.3.188', value: '8999999999950' } }
})
t.teardown(() => running.stop())

interface Shown {
  readonly clientId: string
  readonly party: string
  readonly disabled: boolean
  readonly jwks: { readonly keys: readonly JWK[] }
  readonly scope: string
  readonly webhook?: string
}
const partners = '/api/v1/partners'
const change = (client: Party, body: object) =>
  operator.call<Shown>('PATCH', `${partners}/${client.file.clientId}`, { body })

function newKey(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const marks = { kid, alg: 'ES384' }
  return {
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), ...marks },
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), ...marks }
  }
}

const mayGet = async (client: Party) => (await client.grant(await client.assertion())).status
const mayCall = async (client: Party) => (await client.get('/fhir/EpisodeOfCare')).status

t.test('an operator registers a client, which may call at once', async t => {
  const key = newKey('new')
  const file = {
    role: 'hospital',
    organization: { name: '架空総合病院', identifier: cases[0]!.hospital.identifier },
    jwks: { keys: [key.publicJwk] },
    scope: hospital.file.scope,
    purposes: ['support-consideration']
  }
  const { body } = expectStatus(await operator.post<Shown>(partners, file), 201)
  t.equal(body.party, hospital.file.party, 'all clients of one role of one organisation are one party')
  const client = new Party({ ...hospital.file, clientId: body.clientId, privateJwk: key.privateJwk as never })
  t.equal(await mayCall(client), 200)
  await client.close()

  const refused = await operator.post<{ code: string; errors: readonly { pointer?: string }[] }>(partners, {
    ...file,
    role: 'nobody',
    scope: ''
  })
  t.match([refused.status, refused.body.code], [400, 'parameter-invalid'])
  t.match(refused.text, /role.*scope/su, 'says all that is wrong')
})

t.test('lists clients in pages, with nothing that is secret', async t => {
  const all: Shown[] = []
  for (let next: string | undefined = ''; next !== undefined; ) {
    const path: string = `${partners}?limit=3${next && `&after=${next}`}`
    const { body } = expectStatus(await operator.get<{ items: Shown[]; next?: string }>(path), 200)
    t.ok(body.items.length <= 3)
    all.push(...body.items)
    next = body.next
  }
  t.equal(all.length, running.gateway.parts.partners.all().length)
  t.equal(new Set(all.map(({ clientId }) => clientId)).size, all.length)
  t.notMatch(JSON.stringify(all), /"d":|"p":/u)
})

t.test('a client that is disabled stops at once, with the tokens that it has, and starts again', async t => {
  t.equal(await mayCall(hr), 200)
  t.match(expectStatus(await change(hr, { disabled: true }), 200).body, { disabled: true })
  t.equal(await mayCall(hr), 401)
  t.equal(await mayGet(hr), 401)
  t.match(expectStatus(await change(hr, { disabled: false }), 200).body, { disabled: false })
  t.equal(await mayCall(hr), 200, 'the token was not over yet')
})

t.test('a key that is taken away signs nothing from then on', async t => {
  const [old] = running.gateway.parts.partners.byClient(hospital.file.clientId as never)!.jwks.keys
  const next = newKey('next')
  const changed = new Party({ ...hospital.file, privateJwk: next.privateJwk as never })
  t.equal(await mayGet(changed), 401)
  expectStatus(await change(hospital, { jwks: { keys: [old, next.publicJwk] } }), 200)
  t.same([await mayGet(hospital), await mayGet(changed)], [200, 200])
  expectStatus(await change(hospital, { jwks: { keys: [next.publicJwk] } }), 200)
  t.same([await mayGet(hospital), await mayGet(changed)], [401, 200])
  expectStatus(await change(hospital, { jwks: { keys: [old] } }), 200)
})

t.test('what is given replaces, null takes away, what is left out stays', async t => {
  const before = expectStatus(await change(hospital, { webhook: 'https://hospital.example/hook' }), 200).body
  t.equal(before.webhook, 'https://hospital.example/hook')
  const narrowed = expectStatus(await change(hospital, { scope: 'system/Bundle.c' }), 200).body
  t.same({ ...narrowed, scope: before.scope }, before, 'all else is as it was')
  const { webhook, ...without } = before
  t.same(expectStatus(await change(hospital, { webhook: null, scope: before.scope }), 200).body, without)
  t.same(expectStatus(await change(hospital, {}), 200).body, without)
})

t.test('refuses changes that cannot be, and changes nothing', async t => {
  const before = expectStatus(await change(hospital, {}), 200).body
  const version = () => running.gateway.parts.partners.version(hospital.file.clientId as never)
  const unchanged = version()
  const refused = async (body: object, at: RegExp) => {
    const answer = await change(hospital, body)
    t.equal(answer.status, 400, JSON.stringify(body))
    t.match(answer.text, at)
  }
  await refused({ role: 'worker' }, /"role"|\/role/u)
  await refused({ organization: {} }, /organization/u)
  await refused({ disabled: 'yes' }, /disabled/u)
  await refused({ jwks: null }, /jwks/u)
  await refused({ jwks: { keys: [newKey('k').privateJwk] } }, /jwks\.keys\[0\]/u)
  await refused({ jwks: { keys: [] }, jwksUri: 'https://x.example' }, /jwksUri/u)
  await refused({ scope: 'everything' }, /scope/u)
  await refused({ nickname: 'x' }, /nickname/u)
  await refused({ onBehalfOf: { put: [] } }, /onBehalfOf/u)
  t.equal((await operator.call('PATCH', `${partners}/nobody`, { body: {} })).status, 404)
  t.same(expectStatus(await change(hospital, {}), 200).body, before)
  t.equal(version(), unchanged)
})

t.test('the account of a person can be stopped, and given no key', async t => {
  const { parts } = running.gateway
  const { account } = await invitePerson(parts, {
    client: hr.file.clientId as never,
    role: 'employer-hr',
    name: '人事 花子',
    purposes: ['support-consideration']
  })
  const path = `${partners}/${account}`
  for (const body of [
    { jwks: { keys: [newKey('mine').publicJwk] } },
    { jwksUri: 'https://x.example' },
    { scope: 'system/Bundle.r' }
  ]) {
    const { status } = await operator.call('PATCH', path, { body })
    t.equal(status, 400, JSON.stringify(body).slice(0, 20))
  }
  t.same(parts.partners.byClient(account)!.jwks, { keys: [] })
  t.match(expectStatus(await operator.call('PATCH', path, { body: { disabled: true } }), 200).body, { disabled: true })
})

t.test('two operators who change different members at once lose nothing', async t => {
  const [one, other] = await Promise.all([
    change(hr, { webhook: 'https://hr.example/hook' }),
    change(hr, { scope: 'system/EpisodeOfCare.rs' })
  ])
  t.same([one.status, other.status], [200, 200])
  t.match(expectStatus(await change(hr, {}), 200).body, {
    webhook: 'https://hr.example/hook',
    scope: 'system/EpisodeOfCare.rs'
  })
  expectStatus(await change(hr, { webhook: null, scope: hr.file.scope }), 200)
})

t.test('changes are recorded with the operator who made them, and nobody else may make any', async t => {
  expectStatus(await change(hr, { disabled: true }), 200)
  expectStatus(await change(hr, { disabled: false }), 200)
  const { body } = expectStatus(
    await employerAuditor.get<{ entry: readonly { resource: { outcomeDesc: string; agent: object } }[] }>(
      '/fhir/AuditEvent?subtype=partner-change'
    ),
    200
  )
  const [started, stopped] = body.entry.map(({ resource }) => resource)
  t.same([stopped!.outcomeDesc, started!.outcomeDesc], ['disabled', 'enabled'])
  t.match(JSON.stringify(stopped!.agent), new RegExp(operator.file.clientId))

  for (const client of [hospital, hr]) {
    for (const [method, path] of [
      ['GET', partners],
      ['POST', partners],
      ['PATCH', `${partners}/${client.file.clientId}`]
    ] as const)
      t.equal((await client.call(method, path, method === 'GET' ? {} : { body: {} })).status, 403)
  }
})
