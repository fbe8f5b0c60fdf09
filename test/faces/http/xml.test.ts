import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle, CapabilityStatement, DocumentReference, OperationOutcome, Parameters } from '@medplum/fhirtypes'
import { pino } from 'pino'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { caseSubjectSystem, codeSystem } from '../../../src/document/canonical.ts'
import type { PublicRoute } from '../../../src/faces/http/route.ts'
import { buildServer } from '../../../src/faces/http/server.ts'
import { compileFhirXml } from '../../../src/standards/fhir-xml.ts'
import { closeAll, joinedCase } from '../../journeys/joined-case.ts'
import { type Running, startGateway } from '../../parties/gateway.ts'
import type { Answered, Party } from '../../parties/party.ts'
import {
  accept,
  deposit,
  expectStatus,
  knownFrom,
  liveDocument,
  parameters,
  refusalOf,
  release,
  releaseConsent
} from '../../parties/story.ts'

const r4 = join(import.meta.dirname, '..', '..', '..', 'profiles', 'r4', 'structure-definitions.json')
const codec = compileFhirXml(JSON.parse(readFileSync(r4, 'utf8')))
const running: Running = await startGateway()
const { town, atHr, atWorker, atHospital } = await joinedCase(running, case1)
const { hr, ohp, worker, hospital } = town
t.teardown(async () => {
  await closeAll(Object.values(town))
  await running.stop()
})

const xmlType = 'application/fhir+xml'
const asXml = { accept: xmlType }
const sentAsXml = { ...asXml, 'content-type': xmlType }

/** An answer in XML, read back; fails where it is none. */
function read<Body>({ text, headers }: Answered): Body {
  if (headers['content-type'] !== 'application/fhir+xml; charset=utf-8')
    throw new Error(`no XML: ${text.slice(0, 500)}`)
  return JSON.parse(codec.toJson(Buffer.from(text), { maxDepth: 64 })) as Body
}
const keyIn = (answered: Answered) => refusalOf({ ...answered, body: read<OperationOutcome>(answered) })
const post = (party: Party, path: string, xml: string, headers: Record<string, string> = sentAsXml) =>
  party.post(path, xml, { headers })
const withoutMeta = (bundle: object) => ({ ...bundle, meta: undefined, signature: undefined })

const opinion = liveDocument(case1, 'opinion-continuation', atHospital)
const recorded = expectStatus(await deposit(hospital, opinion), 201).body as DocumentReference
const consented = (recipient: Party) => ({
  subject: atWorker.subject,
  discloser: hospital.file.organization,
  recipients: [recipient.file.party],
  kinds: ['opinion-continuation' as const],
  classes: ['work-restriction' as const]
})
await release(worker, consented(hr))

t.test('what the gateway can do is told in XML, and says so', async t => {
  const answered = await hr.send('GET', '/fhir/metadata', undefined, asXml)
  const statement = read<CapabilityStatement>(answered)
  t.strictSame(statement.format, ['application/fhir+json', 'application/fhir+xml'])
  t.strictSame(statement, (await hr.get('/fhir/metadata')).body)
  t.equal(answered.headers.vary, 'Accept')
})

t.test('the format is that of _format, else of Accept, else JSON', async t => {
  const typeFor = async (query: string, headers: Record<string, string>) =>
    String((await hr.send('GET', `/fhir/metadata${query}`, undefined, headers)).headers['content-type']).split(';')[0]
  t.equal(await typeFor('', {}), 'application/fhir+json')
  t.equal(await typeFor('', { accept: '*/*' }), 'application/fhir+json')
  for (const type of [xmlType, 'application/xml', 'text/xml', 'application/fhir+json;q=0.8, application/fhir+xml'])
    t.equal(await typeFor('', { accept: type }), xmlType, type)
  t.equal(await typeFor('', { accept: 'application/fhir+json, application/fhir+xml;q=0.9' }), 'application/fhir+json')
  for (const format of ['xml', 'text/xml', 'application/fhir+xml', 'application%2Ffhir%2Bxml'])
    t.equal(await typeFor(`?_format=${format}`, { accept: 'application/fhir+json' }), xmlType, format)
  t.equal(await typeFor('?_format=json', asXml), 'application/fhir+json')
  t.equal((await hr.send('GET', '/fhir/metadata?_format=ttl', undefined, {})).status, 406)
  t.equal((await hr.send('GET', '/fhir/metadata?_format=xml&_format=json', undefined, {})).status, 406)
  t.equal((await hr.send('GET', '/openapi.json', undefined, asXml)).status, 406, 'plain routes have JSON alone')
})

t.test('every read and search says in XML what it says in JSON', async t => {
  const subject = `${caseSubjectSystem}|${atHospital.subject}`
  const paths = [
    '/fhir/EpisodeOfCare',
    `/fhir/EpisodeOfCare/${atHospital.id}`,
    `/fhir/CareTeam/${atHospital.id}`,
    '/fhir/Questionnaire',
    '/fhir/Questionnaire/opinion-return-2026',
    `/fhir/DocumentReference?patient.identifier=${encodeURIComponent(subject)}`,
    `/fhir/DocumentReference/${recorded.id}`
  ]
  for (const path of paths) {
    const json = await hospital.get(path, { headers: { accept: 'application/fhir+json' } })
    t.equal(json.status, 200, path)
    t.strictSame(read(await hospital.get(path, { headers: asXml })), json.body, path)
  }
  const receipt = await hospital.get(`/fhir/DocumentReference/${recorded.id}/$receipt`, { headers: asXml })
  t.match(read(receipt), { resourceType: 'Binary', contentType: 'application/jose' }, 'a receipt as Binary')
})

t.test('operations are called in XML', async t => {
  const { worker: person } = case1
  const open = parameters(
    { name: 'kind', valueCode: case1.kind },
    { name: 'workerName', valueString: person.name },
    { name: 'workerKana', valueString: person.kana },
    { name: 'birthDate', valueDate: person.birthDate },
    { name: 'localIdentifier', valueIdentifier: { system: 'https://partner.example/staff', value: '7' } }
  )
  const opened = await post(hr, '/fhir/EpisodeOfCare/$open', codec.toXml(JSON.stringify(open)))
  t.equal(opened.status, 201)
  const known = knownFrom({ ...opened, body: read<Parameters>(opened) })
  t.ok((await accept(worker, known.invitation!)).id)
  const inJson = await post(
    hr,
    `/fhir/EpisodeOfCare/${known.id}/$transition`,
    codec.toXml(JSON.stringify(parameters({ name: 'to', valueCode: 'closed' }))),
    { 'content-type': 'application/xml; charset=UTF-8' }
  )
  t.match(inJson.headers['content-type'], 'application/fhir+json', 'sent as XML, answered as JSON')
  t.equal((inJson.body as { resourceType: string }).resourceType, 'EpisodeOfCare')
})

t.test('a consent is given in XML, once for one Idempotency-Key', async t => {
  const xml = codec.toXml(JSON.stringify(releaseConsent(consented(ohp))))
  const headers = { ...sentAsXml, 'idempotency-key': 'xml-1' }
  const first = await post(worker, '/fhir/Consent', xml, headers)
  t.equal(first.status, 201)
  const again = await post(worker, '/fhir/Consent', xml, headers)
  t.equal(again.headers['idempotent-replay'], 'true')
  t.strictSame(read(again), read(first))
  const { id } = read<{ id: string }>(first)
  t.strictSame(
    read(await worker.get(`/fhir/Consent/${id}`, { headers: asXml })),
    (await worker.get(`/fhir/Consent/${id}`)).body
  )
})

t.test('refusals are told in XML, whenever they come', async t => {
  t.equal(keyIn(await hr.get('/fhir/EpisodeOfCare/none', { headers: asXml })), 'not-found')
  t.equal(keyIn(await hr.send('GET', '/fhir/EpisodeOfCare', undefined, asXml)), 'unauthorized')
  t.equal(keyIn(await hr.send('GET', '/fhir/Nothing', undefined, asXml)), 'not-found')
  t.equal(keyIn(await hr.send('DELETE', '/fhir/Consent', undefined, asXml)), 'method-not-allowed')
  t.equal(keyIn(await hr.post('/fhir/EpisodeOfCare/$open', '{', { headers: asXml })), 'invalid-json')
})

t.test('XML that is no FHIR is refused with its place', async t => {
  const path = '/fhir/EpisodeOfCare/$open'
  const bodies: readonly (readonly [xml: string, key: string, at: string, status: number])[] = [
    ['<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Parameters/>', 'invalid-xml', 'line 1, column 1', 400],
    ['<!DOCTYPE a SYSTEM "file:///etc/passwd"><Parameters/>', 'invalid-xml', 'line 1, column 1', 400],
    [
      '<Parameters xmlns="http://hl7.org/fhir">\n <colour value="a"/></Parameters>',
      'invalid-xml',
      'line 2, column 2',
      400
    ],
    ['<Parameters xmlns="http://hl7.org/fhir">', 'invalid-xml', 'line 1, column 40', 400],
    ['{"resourceType":"Parameters"}', 'invalid-xml', 'line 1, column 1', 400],
    ['<Claim xmlns="http://hl7.org/fhir"/>', 'resource-type', 'line 1, column 1', 422],
    [
      `<Parameters xmlns="http://hl7.org/fhir"><parameter>${'<part>'.repeat(70)}</Parameters>`,
      'too-deep',
      `line 1, column ${41 + '<parameter>'.length + 62 * '<part>'.length}`,
      400
    ]
  ]
  for (const [xml, key, at, status] of bodies) {
    const answered = await post(hr, path, xml)
    t.equal(answered.status, status, xml.slice(0, 60))
    t.equal(keyIn(answered), key)
    t.strictSame(read<OperationOutcome>(answered).issue[0]!.expression, [at])
  }
  const plain = await hr.call('POST', '/api/v1/cases', { body: '<a/>', headers: { 'content-type': xmlType } })
  t.equal(plain.status, 415, 'plain routes take JSON alone')
})

t.test('a signed document comes as JSON alone, and is read in XML as a rendition that says so', async t => {
  const { signature, ...unsigned } = liveDocument(case1, 'opinion-continuation', atHospital)
  const signed = await post(hospital, '/fhir/Bundle', codec.toXml(JSON.stringify({ ...unsigned, signature })))
  t.equal(signed.status, 415)
  t.equal(keyIn(signed), 'media-type')
  t.equal(keyIn(await post(hospital, '/fhir/Bundle', codec.toXml(JSON.stringify(unsigned)))), 'signature-missing')
  const around = { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: { ...unsigned, signature } }] }
  const parameter = [{ name: 'resource', resource: { ...unsigned, signature } }]
  for (const [path, within] of [
    ['/fhir/Bundle', around],
    ['/fhir/Bundle/$validate', { resourceType: 'Parameters', parameter }]
  ] as const) {
    t.equal(keyIn(await post(hospital, path, codec.toXml(JSON.stringify(within)))), 'media-type', 'nor within another')
  }

  const original = await hospital.get<Bundle>(`/fhir/Bundle/${recorded.id}`)
  t.strictSame(original.body, JSON.parse(JSON.stringify(opinion)), 'JSON is what was deposited')
  const answered = await hospital.get(`/fhir/Bundle/${recorded.id}`, { headers: asXml })
  t.equal(answered.headers.vary, 'Authorization, Accept')
  const rendition = read<Bundle>(answered)
  t.match(rendition.meta?.tag, [{ system: codeSystem('rendition'), code: 'unsigned-xml' }])
  t.notOk(rendition.signature, 'no signature that could not hold')
  t.strictSame(withoutMeta(rendition), withoutMeta(original.body))
  t.strictSame(rendition.meta?.profile, original.body.meta?.profile)
})

t.test('what a recipient gets in XML has the sizes of steps too', async t => {
  const path = `/fhir/DocumentReference?patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${atHr.subject}`)}`
  const found = await hr.get(path, { headers: asXml })
  t.equal(found.bytes.length % 4096, 0)
  const id = read<Bundle>(found).entry![0]!.resource!.id!
  const view = await hr.get(`/fhir/Bundle/${id}`, { headers: asXml })
  t.equal(view.bytes.length % 4096, 0)
  const json = await hr.get<Bundle>(`/fhir/Bundle/${id}`)
  t.ok(json.body.signature)
  t.strictSame(withoutMeta(read<Bundle>(view)), withoutMeta(json.body))
})

t.test('what XML cannot hold is 406 where it is read, and told in JSON where it has been done', async t => {
  const body = { resourceType: 'Basic', id: 'b', code: { text: 'a\u0001' } }
  const route = (method: 'GET' | 'POST'): PublicRoute => ({
    method,
    path: '/fhir/Basic',
    dialect: 'fhir',
    access: 'public',
    handle: () => ({ status: 200, body })
  })
  const app = buildServer({
    routes: [route('GET'), route('POST')],
    logger: pino({ level: 'silent' }),
    limits: { maxDocumentBytes: 1000 },
    now: Date.now,
    requestId: () => 'r',
    tls: undefined,
    isProxy: () => false,
    proofNonce: () => 'nonce',
    enter: () => Promise.reject(new TypeError('no route here is in a session')),
    authenticate: () => Promise.reject(new Error('public routes ask for nobody')),
    refused: async () => {},
    idempotent: (_call, _about, handle) => handle(),
    isStopping: () => false,
    answered: () => {},
    xml: codec
  })
  const read = await app.inject({ method: 'GET', url: '/fhir/Basic', headers: asXml })
  t.equal(read.statusCode, 406)
  t.match(read.headers['content-type'], xmlType)
  t.match(read.payload, 'not-acceptable')
  const done = await app.inject({ method: 'POST', url: '/fhir/Basic', headers: asXml })
  t.equal(done.statusCode, 200)
  t.match(done.headers['content-type'], 'application/fhir+json')
  t.strictSame(done.json(), body)
})
