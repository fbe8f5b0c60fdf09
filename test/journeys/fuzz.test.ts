import { connect } from 'node:net'
import type { Bundle } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { signWithCertificate, signWithKey } from '../../fixtures/signers.ts'
import { medicalRegistrationSystem } from '../../src/document/identifier.ts'
import type { Route } from '../../src/faces/http/route.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { startGateway } from '../parties/gateway.ts'
import type { Answered, Party } from '../parties/party.ts'
import { deposit, expectStatus, liveDocument, parameters, release, releaseConsent } from '../parties/story.ts'
import { fuzzRounds, minutesPerFile } from '../sizes.ts'
import { closeAll, joinedCase } from './joined-case.ts'
import { mutated, mutation } from './mutations.ts'

t.setTimeout(minutesPerFile * 60_000)

const running = await startGateway()
const joined = await joinedCase(running, case1)
const { town, atHr, atWorker, atHospital } = joined
const { hospital, hr, ohp, worker, employerAuditor } = town
const callers = [hospital, hr, ohp, worker, employerAuditor]
t.teardown(async () => {
  await closeAll(Object.values(town))
  await running.stop()
})

// whatever is accepted below goes on to somebody, so that it is derived, told of and read as well
for (const [author, kind] of [
  [hospital, 'opinion-continuation'],
  [hr, 'work-information'],
  [hr, 'support-plan']
] as const) {
  await release(worker, {
    subject: atWorker.subject,
    discloser: author.file.organization,
    recipients: [hospital, hr, ohp].filter(party => party !== author).map(party => party.file.party),
    kinds: [kind],
    classes: 'all'
  })
}
const documents = {
  opinion: liveDocument(case1, 'opinion-continuation', atHospital),
  plan: liveDocument(case1, 'support-plan', atHr),
  workInformation: liveDocument(case1, 'work-information', atHr)
}
const known = [
  ...[atHr.id, hr.file.party.split('/')[1]!, 'opinion-return-2026', 'x'],
  expectStatus(await deposit(hospital, documents.opinion), 201).body.id!
]

const routes = running.gateway.routes
const routed = (wanted: (route: Route) => boolean) => fc.constantFrom(...routes.filter(wanted))
const anyCaller = fc.constantFrom(...callers)
const anyId = fc.oneof(fc.constantFrom(...known), fc.string({ minLength: 1 }).map(encodeURIComponent))
const pathOf = (route: Route, ids: readonly string[]): string => {
  let next = 0
  return route.path.replaceAll(/:\w+|\*/gu, () => ids[next++ % ids.length]!)
}
const ids = fc.array(anyId, { minLength: 1, maxLength: 2 })

/** Whatever was sent: an answer in good order, and no defect of ours in the log. */
function isOrderly(what: string, { status, headers, body }: Answered): void {
  const text = `${what}: ${status}`
  if (status >= 500) throw new Error(text)
  if (!headers['x-request-id']) throw new Error(`${text} without request id`)
  if (status < 400) return
  const type = String(headers['content-type'])
  const isOutcome = (body as { resourceType?: string } | undefined)?.resourceType === 'OperationOutcome'
  const isProblem = type.startsWith('application/problem+json') && (body as { code?: string }).code !== undefined
  const isOauth = typeof (body as { error?: string } | undefined)?.error === 'string'
  if (!isOutcome && !isProblem && !isOauth) throw new Error(`${text} is no refusal of the contract`)
}

const defects = () =>
  running
    .logged()
    .split('\n')
    .filter(line => line.includes('"level":50'))

async function holds<Ts extends [unknown, ...unknown[]]>(t: Test, property: fc.IAsyncProperty<Ts>): Promise<void> {
  await fc.assert(property, { numRuns: fuzzRounds, endOnFailure: fuzzRounds > 1000 })
  t.same(defects(), [])
}

t.test('random bytes and random JSON, to every route that takes a body', async t => {
  const body = fc.oneof(
    fc.json({ maxDepth: 4 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('null', '[]', '{}', '1', '"x"', '', 'true', '{"resourceType":"Parameters","parameter":[null,1,[]]}')
  )
  const withBody = routed(({ method }) => method !== 'GET')
  await holds(
    t,
    fc.asyncProperty(withBody, ids, anyCaller, body, async (route, given, caller, sent) => {
      const path = pathOf(route, given)
      const headers = typeOf(route)
      isOrderly(`${route.method} ${path}`, await caller.call(route.method, path, { body: sent, headers }))
    })
  )
})

const typeOf = ({ consumes, dialect }: Route): Record<string, string> => ({
  'content-type':
    consumes?.[0] ??
    { fhir: 'application/fhir+json', plain: 'application/json', oauth: 'application/x-www-form-urlencoded' }[dialect]
})

t.test('random searches, to every route that is read', async t => {
  const names = [
    'patient.identifier',
    'status',
    'type',
    '_count',
    'after',
    'limit',
    'date',
    'subtype',
    'outcome',
    'url',
    'version',
    '_format'
  ]
  const values = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '1',
      '0',
      '-1',
      '1e9',
      'NaN',
      '|',
      'a|b|c',
      'ge2026',
      'ge9999-12-31',
      'le2026-02-30',
      '%',
      '\u0000',
      atHr.subject
    )
  )
  const query = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), values), { maxLength: 4 })
  const read = routed(({ method }) => method === 'GET')
  await holds(
    t,
    fc.asyncProperty(read, ids, anyCaller, query, fc.string(), async (route, given, caller, parameters, raw) => {
      const asked = new URLSearchParams(parameters)
      const path = `${pathOf(route, given)}?${asked}${encodeURI(raw).replaceAll('#', '')}`
      isOrderly(`GET ${path}`, await caller.get(path))
    })
  )
})

t.test('random headers and methods', async t => {
  const visible = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map(code => String.fromCharCode(code)),
    maxLength: 40
  })
  const value = fc.oneof(
    visible,
    fc.constantFrom(
      '*/*',
      'application/fhir+json;q=0',
      ';',
      ',,,',
      'a/b;c="',
      'W/"1"',
      '*',
      'en;q=2',
      'Bearer ',
      'identity',
      '100-continue',
      'br, gzip',
      'ja-JP-x'
    )
  )
  const name = fc.constantFrom(
    'accept',
    'accept-language',
    'accept-encoding',
    'content-type',
    'if-match',
    'if-none-match',
    'idempotency-key',
    'authorization',
    'x-request-id',
    'prefer',
    'range',
    'content-encoding',
    'x-forwarded-for',
    'accept-version',
    'origin'
  )
  const headers = fc.dictionary(name, value, { maxKeys: 4 })
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD' as const)
  const body = JSON.stringify(parameters({ name: 'to', valueCode: 'closed' }))
  await holds(
    t,
    fc.asyncProperty(
      routed(() => true),
      ids,
      anyCaller,
      methods,
      headers,
      async (route, given, caller, method, more) => {
        const hasBody = method !== 'GET' && method !== 'HEAD'
        const path = pathOf(route, given)
        const answered = await caller.call(method, path, {
          ...(hasBody && { body: body.replace('closed', 'requested') }),
          headers: more
        })
        if (method === 'HEAD') t.ok(answered.status < 500 && answered.bytes.length === 0)
        else isOrderly(`${method} ${path}`, answered)
      }
    )
  )
})

t.test('documents with something changed before they were signed', async t => {
  let number = 0
  const authors = {
    opinion: { party: hospital, sign: (bundle: Bundle, when: string) => byCard(bundle, when) },
    plan: { party: hr, sign: (bundle: Bundle, when: string) => byHouse(bundle, when) },
    workInformation: { party: hr, sign: (bundle: Bundle, when: string) => byHouse(bundle, when) }
  }
  let accepted = 0
  const name = fc.constantFrom(...(Object.keys(documents) as (keyof typeof documents)[]))
  await holds(
    t,
    fc.asyncProperty(
      name,
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (which, mutations, isSigned) => {
        const { signature, ...unsigned } = documents[which]
        const fresh = {
          ...unsigned,
          identifier: { ...unsigned.identifier, value: numbered(unsigned.identifier!.value!, number++) }
        }
        const bundle = mutations.reduce(mutated, fresh) as Bundle
        const { party, sign } = authors[which]
        const when = toInstant(Date.now())
        const sent = isSigned ? signable(() => sign(bundle, when)) : { ...bundle, signature }
        const answered = await deposit(party, sent as Bundle)
        if (answered.status === 201) accepted++
        isOrderly(`a document with ${JSON.stringify(mutations)}`, answered)
      }
    )
  )
  t.ok(accepted > 0, `${accepted} of them were documents still`)
  for (const reader of [hr, ohp, hospital]) isOrderly('search', await reader.get('/fhir/DocumentReference?_count=100'))
  t.same(defects(), [], 'and nothing of them stopped what goes on behind')
})

const numbered = (identifier: string, number: number): string =>
  identifier.includes('^') ? identifier.replace(/\d+$/u, String(800_000 + number)) : `${identifier}-${number}`

const byCard = (bundle: Bundle, when: string): Bundle =>
  signWithCertificate(
    bundle,
    { who: { system: medicalRegistrationSystem, value: case1.physician.registration }, when },
    `physician-${case1.physician.registration}`
  )
const byHouse = (bundle: Bundle, when: string): Bundle =>
  signWithKey(bundle, { who: case1.employer.identifier, when }, `employer-${case1.employer.identifier.value}`)

/** What has no canonical form (a lone surrogate, a number beyond doubles) cannot be signed; it is sent without. */
function signable(sign: () => Bundle): Bundle | undefined {
  try {
    return sign()
  } catch {
    return undefined
  }
}

t.test('consents and parameters with something changed', async t => {
  const consent = releaseConsent({
    subject: atWorker.subject,
    discloser: hospital.file.organization,
    recipients: [hr.file.party, ohp.file.party],
    kinds: ['opinion-continuation'],
    classes: ['work-restriction', 'accommodation'],
    denied: ['oc.considerations'],
    withholding: 'silent'
  })
  const given = await release(worker, {
    subject: atWorker.subject,
    discloser: hospital.file.organization,
    recipients: [hr.file.party],
    kinds: ['opinion-return'],
    classes: 'all'
  })
  const opening = parameters(
    { name: 'kind', valueCode: 'return' },
    { name: 'workerName', valueString: '名無し' },
    { name: 'workerKana', valueString: 'ナナシ' },
    { name: 'birthDate', valueDate: '1990-01-01' },
    { name: 'localIdentifier', valueIdentifier: { system: 'https://partner.example/staff', value: '1' } },
    { name: 'code', valueString: 'x' },
    { name: 'invitation', valueString: 'x' },
    { name: 'role', valueCode: 'hospital' },
    { name: 'confirmationCode', valueString: '123456' },
    { name: 'case', valueReference: { reference: `EpisodeOfCare/${atHr.id}` } },
    { name: 'slot', valueCode: 'oc.sign.worker' }
  )
  const sent: fc.Arbitrary<readonly [Party, string, string, object]> = fc.oneof(
    fc.constant([worker, 'POST', '/fhir/Consent', consent] as const),
    fc.constant([worker, 'PUT', `/fhir/Consent/${given.id}`, { ...given, status: 'active' }] as const),
    fc.constantFrom(
      ...(['$open', '$accept', '$join', `${atHr.id}/$invite`, `${atHr.id}/$confirm`] as const).flatMap(operation =>
        [hr, hospital, worker].map(party => [party, 'POST', `/fhir/EpisodeOfCare/${operation}`, opening] as const)
      ),
      [ohp, 'POST', '/fhir/Questionnaire/support-plan-2026/$populate', opening] as const,
      [worker, 'POST', `/fhir/DocumentReference/${known.at(-1)}/$confirm`, opening] as const
    )
  )
  await holds(
    t,
    fc.asyncProperty(
      sent,
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      async ([party, method, path, body], mutations) => {
        const changed = mutations.reduce<unknown>(mutated, body)
        const headers = { 'if-match': 'W/"1"' }
        const answered = await party.call(method as 'POST', path, { body: changed as object, headers })
        isOrderly(`${method} ${path} with ${JSON.stringify(mutations)}`, answered)
      }
    )
  )
})

t.test('callers that hang up in the middle', async t => {
  const token = await hospital.token()
  const { hostname, port } = new URL(running.baseUrl)
  const text = JSON.stringify(documents.opinion)
  const head = `POST /fhir/Bundle HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/fhir+json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`
  for (const part of [0, 10, head.length - 10, head.length, head.length + 100, head.length + 1000]) {
    await new Promise<void>(resolve => {
      const socket = connect(Number(port), hostname, () =>
        socket.write((head + text).slice(0, part), () => setTimeout(() => socket.destroy(), 5))
      )
      socket.on('close', () => resolve())
      socket.on('error', () => undefined)
    })
  }
  t.equal((await hospital.get('/fhir/EpisodeOfCare')).status, 200)
  t.same(defects(), [], 'is no defect of ours')
})
