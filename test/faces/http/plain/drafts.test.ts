import { readFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import type { Bundle, Composition } from '@medplum/fhirtypes'
import t from 'tap'
import type { FixtureCase } from '../../../../fixtures/cases/case.ts'
import { cases } from '../../../../fixtures/cases/cases.ts'
import type { components } from '../../../../openapi/gateway.d.ts'
import { idSystem } from '../../../../src/document/canonical.ts'
import { as } from '../../../../src/document/ids.ts'
import { readGatewayKeys } from '../../../../src/signature/trust.ts'
import { verifyGatewaySignature } from '../../../../src/signature/verify-gateway.ts'
import { type Running, startGateway } from '../../../parties/gateway.ts'
import type { Answered, Party } from '../../../parties/party.ts'
import { register, registerTown, type Town } from '../../../parties/register.ts'
import {
  accept,
  confirm as confirmPerson,
  expectStatus,
  invite,
  join,
  type Known,
  knownFrom,
  openCase,
  parameters,
  release,
  search
} from '../../../parties/story.ts'

type Draft = components['schemas']['Draft']
type Problem = components['schemas']['Problem']
type Confirmed = components['schemas']['Confirmation'] & components['schemas']['RecordedDocument'] & Problem
type Plain = components['schemas']['Document']

const story = cases[1]!
const answersOf = (from: FixtureCase, kind: string) => from.documents.find(each => each.kind === kind)!.answers
const workInformation = { version: '2026', answers: answersOf(story, 'work-information') }
const plan = { version: '2026', answers: answersOf(story, 'support-plan') }

t.test('drafts of a platform without keys', async t => {
  const running = await startGateway()
  const town = await registerTown(running, story)
  const parties: Party[] = Object.values(town)
  t.teardown(async () => {
    if (!t.passing())
      t.comment(
        running
          .logged()
          .split('\n')
          .filter(line => line.includes('"level":50'))
          .join('\n')
      )
    await Promise.all(parties.map(party => party.close()))
    await running.stop()
  })
  const { hr, worker, hospital } = town

  t.test('employer, then worker: the gateway signs what both confirmed', async t => {
    const known = await joined(town)
    const path = `/api/v1/cases/${known.atHr.id}/work-information`
    t.match((await hr.get(path)).body, { status: 404, code: 'not-found' }, 'there is none yet')

    const written = expectStatus(await hr.put<Draft>(path, workInformation), 200)
    t.match(written.body, { state: 'draft', version: '2026', answers: workInformation.answers, confirmedBy: [] })
    t.same(written.body.issues, [])
    const { body: state } = await worker.get<{ state: string }>(`/api/v1/cases/${known.atHr.id}`)
    t.equal(state.state, 'work-info-draft')
    const seen = expectStatus(await worker.get<Draft>(path), 200)
    t.same(seen.body, written.body)

    const first = expectStatus(await hr.post<Confirmed>(`${path}/confirm`, undefined), 200)
    t.same(first.body, { state: 'confirmed-by-employer', confirmedBy: ['employer'] })
    const twice = expectStatus(await hr.post<Confirmed>(`${path}/confirm`, undefined), 200)
    t.same(twice.body, first.body, 'confirming twice is confirming once')
    t.same(await search(hr, known.atHr.subject), [], 'a draft is no document')

    const second = expectStatus(await worker.post<Confirmed>(`${path}/confirm`, undefined), 201)
    t.equal(second.headers.location, `${running.baseUrl}/api/v1/documents/${second.body.id}`)
    const receipt = claimsOf(second.body.receipt)
    t.match(receipt, {
      act: 'document-deposit',
      kind: 'work-information',
      reference: `DocumentReference/${second.body.id}`
    })
    for (const party of [hr, worker]) {
      const repeated = expectStatus(await party.post<Confirmed>(`${path}/confirm`, undefined), 200)
      t.equal(repeated.body.id, second.body.id, 'a repeat makes nothing new')
      t.equal(claimsOf(repeated.body.receipt).leafHash, receipt.leafHash)
    }

    const { body: bundle } = expectStatus(await hr.get<Bundle>(`/fhir/Bundle/${second.body.id}`), 200)
    const { keys } = (await (await fetch(`${running.baseUrl}/.well-known/jwks.json`)).json()) as { keys: [] }
    t.match(verifyGatewaySignature(bundle, readGatewayKeys(JSON.stringify({ keys }))), {
      type: 'attested',
      signer: { value: running.baseUrl }
    })
    const composition = bundle.entry![0]!.resource as Composition
    t.equal(composition.event![0]!.code![0]!.text, '勤務情報提供書発行')
    t.equal(composition.section![0]!.title, '勤務情報提供書')
    t.equal(bundle.identifier!.system, idSystem('document'))
    t.same(
      bundle.entry!.map(({ resource }) => resource!.resourceType),
      ['Composition', 'QuestionnaireResponse', 'Patient', 'Organization']
    )
    t.match(bundle.entry![2]!.resource, { identifier: [{ value: known.atHr.subject }] })
    t.match(bundle.entry![3]!.resource, { name: story.employer.name, identifier: [story.employer.identifier] })

    const statements = await running.gateway.parts.documents.statements(as(second.body.id))
    t.same(statements.map(({ slot, assurance }) => `${slot} ${assurance}`).sort(), [
      'wi.sign.company attested',
      'wi.sign.worker attested'
    ])
    t.equal((await running.gateway.parts.documents.verification(as(second.body.id))).assurance, 'attested')
    const after = await worker.get<{ state: string }>(`/api/v1/cases/${known.atHr.id}`)
    t.equal(after.body.state, 'work-info-signed')

    for (const party of [hr, worker]) {
      const confirmed = expectStatus(await party.get<Draft>(path), 200)
      t.match(confirmed.body, { state: 'confirmed', document: second.body.id, issues: [] })
      t.same(confirmed.body.answers, workInformation.answers)
      const read = expectStatus(await party.get<Plain>(`/api/v1/documents/${second.body.id}`), 200)
      t.match(read.body, { id: second.body.id, kind: 'work-information', version: '2026', assurance: 'original' })
      t.same(read.body.answers, workInformation.answers)
      t.equal(read.body.case, known.atHr.identifier)
    }

    t.same(await search(hospital, known.atHospital.subject), [], 'the hospital gets nothing before the release')
    await confirmPerson(hospital, worker, known.atHr.id)
    await release(worker, {
      subject: known.atWorker.subject,
      discloser: hr.file.organization,
      recipients: [hospital.file.party],
      kinds: ['work-information'],
      classes: 'all'
    })
    const [reference] = await search(hospital, known.atHospital.subject)
    const released = expectStatus(await hospital.get<Plain>(`/api/v1/documents/${reference!.id}`), 200)
    t.equal(released.body.assurance, 'gateway')
    t.same(released.body.answers, workInformation.answers)
    t.equal((await hospital.get(`/api/v1/documents/${second.body.id}`)).status, 404, 'by its own id alone')
  })

  t.test('worker, then employer: a plan', async t => {
    const known = await joined(town)
    const path = `/api/v1/cases/${known.atHr.id}/plan`
    expectStatus(await hr.put<Draft>(path, plan), 200)
    const first = expectStatus(await worker.post<Confirmed>(`${path}/confirm`, undefined), 200)
    t.same(first.body, { state: 'draft', confirmedBy: ['worker'] })
    const second = expectStatus(await hr.post<Confirmed>(`${path}/confirm`, undefined), 201)
    const statements = await running.gateway.parts.documents.statements(as(second.body.id))
    t.same(statements.map(({ slot }) => slot).sort(), ['sp.sign.hr', 'sp.sign.worker'])
    const read = expectStatus(await hr.get<Draft>(path), 200)
    t.same(read.body.answers, plan.answers)

    expectStatus(await hr.put<Draft>(path, plan), 200)
    t.match((await hr.get<Draft>(path)).body, { state: 'draft', confirmedBy: [] }, 'a new draft may follow')
    expectStatus(await hr.post(`${path}/confirm`, undefined), 200)
    const next = expectStatus(await worker.post<Confirmed>(`${path}/confirm`, undefined), 201)
    t.not(next.body.id, second.body.id)
  })

  t.test('a draft may be incomplete, and says what is missing before anybody confirms it', async t => {
    const known = await joined(town)
    const path = `/api/v1/cases/${known.atHr.id}/work-information`
    const { 'wi.occupation': _, ...incomplete } = workInformation.answers
    const answers = {
      ...incomplete,
      'wi.shift': 'night',
      'wi.hours.start': '25:00',
      'wi.commute.method': ['walk', 7],
      'wi.unknown': 'x'
    }
    const { body } = expectStatus(await hr.put<Draft>(path, { version: '2026', answers }), 200)
    t.same(body.answers, answers, 'kept as it was sent')
    const errors = body.issues.filter(({ severity }) => severity === 'error')
    t.same(
      errors.map(({ path: place, code }) => `${place} ${code}`).sort(),
      [
        '/answers/wi.commute.method/1 qr-35',
        '/answers/wi.hours.start qr-35',
        '/answers/wi.occupation qr-06',
        '/answers/wi.shift qr-37',
        '/answers/wi.unknown qr-10'
      ].sort()
    )
    t.ok(errors.every(({ ja, en }) => ja.length > 0 && en.length > 0))
    for (const party of [hr, worker]) {
      const refused = expectStatus(await party.post<Problem>(`${path}/confirm`, undefined), 422)
      t.equal(refused.body.code, 'form-invalid')
      t.same(refused.body.errors!.map(({ path: place }) => place).sort(), errors.map(({ path: place }) => place).sort())
    }
    const empty = expectStatus(await hr.put<Draft>(path, { version: '2026', answers: {} }), 200)
    t.ok(empty.body.issues.length > 5)
    t.match((await worker.get<Draft>(path)).body, { answers: {}, state: 'draft' })
  })

  t.test('a change takes back what was confirmed, and nobody confirms what they have not seen', async t => {
    const known = await joined(town)
    const path = `/api/v1/cases/${known.atHr.id}/work-information`
    expectStatus(await hr.put<Draft>(path, workInformation), 200)
    const seen = (await worker.get<Draft>(path)).headers.etag as string
    t.match(seen, /^"\d+"$/)
    expectStatus(await hr.post(`${path}/confirm`, undefined), 200)
    const changed = { version: '2026', answers: { ...workInformation.answers, 'wi.overtime': 'なし' } }
    const rewritten = expectStatus(await hr.put<Draft>(path, changed), 200)
    t.match(rewritten.body, { state: 'draft', confirmedBy: [] })

    const stale = { headers: { 'if-match': seen } }
    t.match((await worker.post(`${path}/confirm`, undefined, stale)).body, { status: 412, code: 'precondition-failed' })
    t.match((await hr.put(path, changed, stale)).body, { status: 412, code: 'precondition-failed' })
    t.match((await hr.put(path, changed, { headers: { 'if-match': '*' } })).body, { code: 'parameter-invalid' })
    const fresh = { headers: { 'if-match': (await worker.get(path)).headers.etag as string } }
    t.same(expectStatus(await worker.post<Confirmed>(`${path}/confirm`, undefined, fresh), 200).body.confirmedBy, [
      'worker'
    ])
  })

  t.test('both at once, and each twice, make one document', async t => {
    const known = await joined(town)
    const path = `/api/v1/cases/${known.atHr.id}/work-information`
    expectStatus(await hr.put<Draft>(path, workInformation), 200)
    const answered = await Promise.all(
      [hr, worker, hr, worker].map(each => each.post<Confirmed>(`${path}/confirm`, undefined))
    )
    t.ok(answered.every(({ status }) => status === 200 || status === 201))
    t.equal(answered.filter(({ status }) => status === 201).length, 1)
    const ids = new Set(answered.flatMap(({ body }) => body.id ?? []))
    t.equal(ids.size, 1)
    t.equal((await search(hr, known.atHr.subject)).length, 1)
  })

  t.test('who may do what', async t => {
    const known = await joined(town)
    const path = `/api/v1/cases/${known.atHr.id}/work-information`
    t.match((await worker.put(path, workInformation)).body, { status: 403 })
    t.match((await hospital.put(path, workInformation)).body, { status: 403, code: 'role-not-allowed' })
    t.match((await hospital.get(path)).body, { status: 403, code: 'role-not-allowed' })
    expectStatus(await hr.put(path, workInformation), 200)

    const stranger = await register(running, {
      role: 'employer-hr',
      organization: { name: '別会社', identifier: cases[2]!.employer.identifier }
    })
    parties.push(stranger)
    const absent = '/api/v1/cases/no-such-case/work-information'
    for (const each of [path, absent]) {
      t.match((await stranger.put(each, workInformation)).body, { status: 404, code: 'not-found' })
      t.match((await stranger.get(each)).body, { status: 404, code: 'not-found' })
      t.match((await stranger.post(`${each}/confirm`, undefined)).body, { status: 404, code: 'not-found' })
    }
    const code = await invite(worker, known.atWorker.id, 'employer')
    expectStatus(await join(stranger, story, code), 201)
    t.match((await stranger.get(path)).body, { status: 404 }, 'another employer of the same case sees no draft')
    t.match((await stranger.put(path, workInformation)).body, { status: 404 })
    t.match(
      (await stranger.get(`/api/v1/cases/${known.atHr.id}/plan`)).body,
      { status: 403, code: 'person-missing' },
      'a plan is health information'
    )
  })

  t.test('what cannot become a document is refused', async t => {
    const known = await joined(town)
    const path = `/api/v1/cases/${known.atHr.id}/work-information`
    const put = (body: unknown) => hr.put<Problem>(path, body)
    t.match((await put({ version: '2025', answers: {} })).body, { status: 422, code: 'form-version-unknown' })
    t.match((await put('{"version":"2026","answers":{"wi.annualLeaveDays":8.50}}')).body, {
      status: 422,
      code: 'ambiguous-number',
      errors: [{ path: '/answers/wi.annualLeaveDays' }]
    })
    t.match((await put({ version: 2026, answers: [] })).body, {
      status: 400,
      errors: [{ path: '/version' }, { path: '/answers' }]
    })
    t.match((await hr.post(`${path}/confirm`, undefined)).body, { status: 404 }, 'no draft, nothing to confirm')

    expectStatus(await put(workInformation), 200)
    const closing = parameters({ name: 'to', valueCode: 'closed' })
    expectStatus(await worker.post(`/fhir/EpisodeOfCare/${known.atHr.id}/$transition`, closing), 200)
    t.match((await put(workInformation)).body, { status: 409, code: 'case-state' })
    t.match((await hr.post(`${path}/confirm`, undefined)).body, { status: 409, code: 'case-state' })
  })

  t.test('a draft waits sealed, and each look at it is recorded', async t => {
    const known = await joined(town)
    const path = `/api/v1/cases/${known.atHr.id}/work-information`
    const secret = '深夜の巡回は二人で行います'
    const answers = { ...workInformation.answers, 'wi.remarks': secret }
    expectStatus(await hr.put(path, { version: '2026', answers }), 200)
    expectStatus(await hr.get(path), 200)
    expectStatus(await worker.post(`${path}/confirm`, undefined), 200)
    t.notOk(storedBytes(running).includes(secret))
    t.notOk(running.logged().includes(secret))
    const acts = await actsOf(worker, known.atWorker.subject)
    for (const act of ['case-transition', 'document-search', 'document-confirm']) t.ok(acts.includes(act), act)
  })
})

async function joined({ hr, worker, hospital }: Town): Promise<{ atHr: Known; atWorker: Known; atHospital: Known }> {
  const atHr = await openCase(hr, story)
  const atWorker = await accept(worker, atHr.invitation!)
  const code = await invite(worker, atWorker.id, 'hospital')
  return { atHr, atWorker, atHospital: knownFrom(expectStatus(await join(hospital, story, code), 201)) }
}

const claimsOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

const storedBytes = ({ home }: Running): Buffer =>
  Buffer.concat(['gateway.db', 'gateway.db-wal'].map(name => readFileSync(joinPath(home, name))))

async function actsOf(worker: Party, subject: string): Promise<readonly string[]> {
  const query = `patient.identifier=${encodeURIComponent(`${idSystem('case-subject')}|${subject}`)}`
  const { body }: Answered<Bundle> = expectStatus(await worker.get<Bundle>(`/fhir/AuditEvent?${query}`), 200)
  return body.entry!.flatMap(({ resource }) =>
    resource?.resourceType === 'AuditEvent' ? (resource.subtype?.at(-1)?.code ?? []) : []
  )
}
