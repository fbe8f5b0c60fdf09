import type { AuditEvent, Bundle, Consent, Parameters, QuestionnaireResponse } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { case3 } from '../../fixtures/cases/3-stroke-driver.ts'
import { case5 } from '../../fixtures/cases/5-colitis-call-center.ts'
import { extensionUrl } from '../../src/document/canonical.ts'
import type { DisclosureClass } from '../../src/document/disclosure-class.ts'
import type { KindCode } from '../../src/document/kind.ts'
import { decodeBase64url, encodeBase64url } from '../../src/standards/base64url.ts'
import { verifyInclusion } from '../../src/standards/merkle.ts'
import { openNote, parseCheckpoint, parseVkey } from '../../src/standards/signed-note.ts'
import { leafHashOf } from '../parties/audit-leaf.ts'
import { type Running, startGateway } from '../parties/gateway.ts'
import type { Party } from '../parties/party.ts'
import {
  confirm,
  deposit,
  documentOf,
  expectStatus,
  liveDocument,
  parameters,
  release,
  releaseConsent,
  search,
  withdraw
} from '../parties/story.ts'
import { closeAll, type JoinedCase, joinedCase, openedAgain } from './joined-case.ts'

let ahead = 0
const running: Running = await startGateway({ now: () => Date.now() + ahead })
const joined = await joinedCase(running, case1)
const other = await joinedCase(running, case5)
const { town } = joined
const { hr, ohp, worker, hospital, employerAuditor, hospitalAuditor } = town
t.teardown(async () => {
  if (!t.passing())
    t.comment(
      running
        .logged()
        .split('\n')
        .filter(line => line.includes('"level":50'))
        .join('\n')
    )
  await closeAll([...Object.values(town), ...Object.values(other.town)])
  await running.stop()
})

type Members = Pick<JoinedCase, 'atHr' | 'atWorker' | 'atHospital'>
let number = 500_000

async function opinionIn(members: Members): Promise<string> {
  const identifier = `1319999015^2026^${number++}`
  const opinion = liveDocument(case1, 'opinion-continuation', members.atHospital, { identifier })
  return expectStatus(await deposit(hospital, opinion), 201).body.id!
}

interface To {
  readonly recipient?: Party
  readonly classes?: readonly DisclosureClass[] | 'all'
  readonly kind?: KindCode
  readonly start?: number
  readonly end?: number
  readonly denied?: readonly string[]
  readonly withholding?: 'marked' | 'silent'
}

const consentTo = ({ atWorker }: Members, { recipient = hr, classes = ['work-restriction'], kind, ...rest }: To) => ({
  subject: atWorker.subject,
  discloser: hospital.file.organization,
  recipients: [recipient.file.party],
  kinds: [kind ?? ('opinion-continuation' as const)],
  classes,
  ...rest
})
const released = (members: Members, to: To) => release(worker, consentTo(members, to))

/** What a reader gets of the only opinion that it finds. */
async function read(reader: Party, subject: string): Promise<{ id: string; items: ReadonlyMap<string, unknown> }> {
  const found = await search(reader, subject, '&type=opinion-continuation')
  if (found.length !== 1) throw new Error(`${found.length} opinions instead of one`)
  const { body } = expectStatus(await documentOf(reader, found[0]!), 200)
  const resources = (body.entry ?? []).map(({ resource }) => resource)
  const response = resources.find(each => each?.resourceType === 'QuestionnaireResponse') as QuestionnaireResponse
  return { id: found[0]!.id!, items: new Map((response.item ?? []).map(item => [item.linkId!, item.answer?.[0]])) }
}

const statusOf = async (reader: Party, id: string): Promise<number> => (await reader.get(`/fhir/Bundle/${id}`)).status
const finds = async (reader: Party, members: Members): Promise<number> =>
  (await search(reader, members.atHr.subject, '&type=opinion-continuation')).length

const masked = /data-absent-reason/u
const isAnswered = (answer: unknown): boolean => answer !== undefined && !masked.test(JSON.stringify(answer))

await t.test('a release opens what it names, to whom it names', async t => {
  const members = await openedAgain(town, case1)
  await opinionIn(members)
  t.equal(await finds(hr, members), 0, 'nothing without a release')
  await released(members, { classes: ['work-restriction'] })
  const { items } = await read(hr, members.atHr.subject)
  t.ok(isAnswered(items.get('oc.measures')))
  t.notOk(isAnswered(items.get('oc.considerations')))
  t.equal(await finds(ohp, members), 0, '産業医 is another recipient')
  t.equal((await search(other.town.hr, members.atHr.subject)).length, 0)
  t.same(
    (await search(worker, members.atWorker.subject)).flatMap(({ extension = [] }) =>
      extension.filter(({ url }) => url === extensionUrl('delivery')).map(each => each.extension![0]!.valueReference)
    ),
    [{ reference: hr.file.party }],
    'the worker sees to whom it went'
  )
})

await t.test('a single item is taken out, visibly or without a trace', async t => {
  for (const withholding of ['marked', 'silent'] as const) {
    const members = await openedAgain(town, case1)
    await opinionIn(members)
    await released(members, {
      classes: ['work-restriction', 'accommodation'],
      denied: ['oc.considerations'],
      withholding
    })
    const { items } = await read(hr, members.atHr.subject)
    t.ok(isAnswered(items.get('oc.measures')), withholding)
    t.equal(items.has('oc.considerations'), withholding === 'marked')
    if (withholding === 'marked') t.match(JSON.stringify(items.get('oc.considerations')), masked)
  }
})

await t.test('HR sees the processed view, also where there is no 産業医', async t => {
  const members = await openedAgain(other.town, case5)
  const opinion = liveDocument(case5, 'opinion-continuation', members.atHospital, {
    identifier: '2719999027^2026^500000'
  })
  expectStatus(await deposit(other.town.hospital, opinion), 201)
  await release(other.town.worker, {
    subject: members.atWorker.subject,
    discloser: other.town.hospital.file.organization,
    recipients: [other.town.hr.file.party],
    kinds: ['opinion-continuation'],
    classes: 'all'
  })
  const { items } = await read(other.town.hr, members.atHr.subject)
  t.ok(isAnswered(items.get('oc.measures')))
  for (const linkId of ['oc.diagnosis', 'oc.symptoms', 'oc.treatmentPlan']) t.notOk(items.has(linkId), linkId)
})

await t.test('a consent that replaces another ends it, and the former view with it', async t => {
  const members = await openedAgain(town, case1)
  await opinionIn(members)
  const first = await released(members, { classes: ['work-restriction', 'accommodation'] })
  const former = await read(hr, members.atHr.subject)
  const replacement: Consent = {
    ...releaseConsent(consentTo(members, { classes: ['accommodation'] })),
    extension: [{ url: extensionUrl('replaces'), valueReference: { reference: `Consent/${first.id}` } }]
  }
  expectStatus(await worker.post('/fhir/Consent', replacement), 201)
  t.equal((await worker.get<Consent>(`/fhir/Consent/${first.id}`)).body.status, 'inactive')
  const now = await read(hr, members.atHr.subject)
  t.not(now.id, former.id)
  t.notOk(isAnswered(now.items.get('oc.measures')))
  t.ok(isAnswered(now.items.get('oc.considerations')))
  t.equal(await statusOf(hr, former.id), 404)
  const again = await worker.post('/fhir/Consent', replacement)
  t.equal(again.status, 409, 'what has ended is not replaced again')
})

await t.test('a withdrawal ends what it carried and nothing else', async t => {
  const members = await openedAgain(town, case1)
  await opinionIn(members)
  await released(members, { classes: ['work-restriction'] })
  const second = await released(members, { classes: ['accommodation'] })
  const both = await read(hr, members.atHr.subject)
  t.ok(isAnswered(both.items.get('oc.measures')) && isAnswered(both.items.get('oc.considerations')))

  const withdrawn = expectStatus(await withdraw(worker, second.id), 200)
  t.ok(withdrawn.body.extension?.some(({ url, valueString }) => url === extensionUrl('receipt') && valueString))
  t.equal(await statusOf(hr, both.id), 404)
  const left = await read(hr, members.atHr.subject)
  t.ok(isAnswered(left.items.get('oc.measures')), 'the other release holds on')
  t.notOk(isAnswered(left.items.get('oc.considerations')))
})

await t.test('a release may come before the document', async t => {
  const members = await openedAgain(town, case1)
  await released(members, { recipient: ohp, classes: 'all' })
  t.equal(await finds(ohp, members), 0)
  await opinionIn(members)
  await t.resolves(
    until(async () => (await finds(ohp, members)) === 1),
    'its arrival makes it visible'
  )
  t.ok(isAnswered((await read(ohp, members.atHr.subject)).items.get('oc.diagnosis')))
})

await t.test(
  'before anybody has seen the worker, nothing is released and nothing of the physician’s is shown',
  async t => {
    const members = await openedAgain(town, case1, { isConfirmed: false })
    const opinion = await opinionIn(members)
    const sent = liveDocument(case1, 'work-information', members.atHr, { identifier: 'unconfirmed-1' })
    expectStatus(await deposit(hr, sent), 201)
    const tried = await worker.post('/fhir/Consent', releaseConsent(consentTo(members, {})))
    t.equal(tried.status, 409)
    t.equal(await statusOf(worker, opinion), 404)
    const kinds = async () =>
      (await search(worker, members.atWorker.subject)).map(({ type }) => type!.coding![0]!.code).sort()
    t.same(await kinds(), ['work-information'])
    await confirm(hospital, worker, members.atWorker.id)
    t.equal(await statusOf(worker, opinion), 200)
    t.same(await kinds(), ['opinion-continuation', 'work-information'])
  }
)

await t.test('an answer that was kept for repeats is decided anew', async t => {
  const members = await openedAgain(town, case1)
  await opinionIn(members)
  const consent = await released(members, { recipient: ohp, classes: 'all' })
  const asked = parameters({ name: 'case', valueReference: { reference: `EpisodeOfCare/${members.atHr.id}` } })
  const populated = (reader: Party) =>
    reader.post('/fhir/Questionnaire/support-plan-2026/$populate', asked, {
      headers: { 'idempotency-key': 'populate' }
    })
  const first = expectStatus(await populated(ohp), 200)
  const ofHr = expectStatus(await populated(hr), 200)
  t.equal(ofHr.headers['idempotent-replay'], undefined, 'a key of 産業医 is none of HR’s')
  t.not(first.text, ofHr.text)
  expectStatus(await withdraw(worker, consent.id), 200)
  const repeated = expectStatus(await populated(ohp), 200)
  t.equal(repeated.headers['idempotent-replay'], 'true')
  t.not(repeated.text, first.text, 'nothing of what was withdrawn since')
})

await t.test('each disclosure stands in the log beside the consent that carried it', async t => {
  const members = await openedAgain(town, case1)
  await opinionIn(members)
  const forHr = await released(members, { classes: ['work-restriction'] })
  await released(members, { recipient: ohp, classes: 'all' })
  const reads = [await read(hr, members.atHr.subject), await read(ohp, members.atHr.subject)]
  expectStatus(await withdraw(worker, forHr.id), 200)

  for (const [auditor, subject] of [
    [employerAuditor, members.atHr.subject],
    [hospitalAuditor, members.atHospital.subject],
    [worker, members.atWorker.subject]
  ] as const) {
    const about = `patient.identifier=${subject}&_count=100`
    const consents = await resources<Consent>(auditor, `/fhir/Consent?${about}`)
    const disclosed = await resources<AuditEvent>(
      auditor,
      `/fhir/AuditEvent?${about}&subtype=document-disclose&outcome=0`
    )
    const pairs = disclosed.flatMap(event => pairsOf(event))
    t.same(
      pairs.map(({ document }) => document).sort(),
      reads.map(({ id }) => `DocumentReference/${id}`).sort(),
      `${auditor.file.role}: each`
    )
    for (const { document, consent, party, at } of pairs) {
      const found = consents.find(({ id }) => `Consent/${id}` === consent)
      t.ok(found, `${auditor.file.role}: the consent of ${document}`)
      const [permit] = found!.provision!.provision!
      t.ok(
        permit!.actor!.some(({ reference }) => reference.reference === party),
        'names the reader'
      )
      t.ok(permit!.period!.start! <= at && at < permit!.period!.end!, 'and ran at that time')
    }
    for (const event of disclosed) t.ok(await isProven(auditor, event.id!), `${auditor.file.role}: the log proves it`)
  }
})

async function resources<Resource>(reader: Party, path: string): Promise<readonly Resource[]> {
  const { body } = expectStatus(await reader.get<Bundle>(path), 200)
  return (body.entry ?? []).map(({ resource }) => resource as Resource)
}

/** Disclosures to recipients: author and worker need no release. */
function pairsOf(event: AuditEvent) {
  const references = (event.entity ?? []).map(({ what }) => what?.reference ?? '')
  const document = references.find(reference => reference.startsWith('DocumentReference/'))!
  const consents = references.filter(reference => reference.startsWith('Consent/'))
  const party = event.agent.find(({ requestor }) => requestor)!.who!.reference
  return consents.map(consent => ({ document, consent, party, at: event.recorded! }))
}

/** With the key of this one record, the hash that the log holds and a head that the log signed. */
async function isProven(auditor: Party, id: string): Promise<boolean> {
  const event = expectStatus(await auditor.get<AuditEvent>(`/fhir/AuditEvent/${id}`), 200)
  const { parameter = [] } = expectStatus(await auditor.get<Parameters>(`/fhir/AuditEvent/${id}/$proof`), 200).body
  const named = (name: string) => parameter.filter(each => each.name === name)
  const vkey = (await auditor.send('GET', '/log/vkey', undefined, {})).text
  const head = parseCheckpoint(openNote(named('checkpoint')[0]!.valueString!, [parseVkey(vkey.trim())]).text)
  const leaf = leafHashOf({
    id,
    time: event.body.recorded!,
    key: named('key')[0]!.valueString!,
    record: encodeBase64url(event.bytes)
  })
  const inclusion = named('inclusion').map(({ valueString }) => decodeBase64url(valueString!))
  return verifyInclusion(leaf, named('index')[0]!.valueInteger!, head.size, inclusion, head.root)
}

await t.test('every refusal is recorded; its reason for worker and discloser alone', async t => {
  const members = await openedAgain(town, case1)
  const original = await opinionIn(members)
  const consent = await released(members, { classes: ['work-restriction'] })
  const { id } = await read(hr, members.atHr.subject)
  expectStatus(await withdraw(worker, consent.id), 200)
  const since = new Date(Date.now() - 1).toISOString()
  for (const path of [`/fhir/Bundle/${id}`, `/fhir/DocumentReference/${id}`, `/fhir/DocumentReference/${id}/$receipt`])
    t.equal((await hr.get(path)).status, 404)
  t.equal(await statusOf(hr, original), 404)
  const denials = async (reader: Party, subject: string) =>
    (
      await resources<AuditEvent>(
        reader,
        `/fhir/AuditEvent?patient.identifier=${subject}&outcome=4&date=ge${since}&_count=100`
      )
    )
      .map(({ outcomeDesc, subtype }) => `${subtype!.at(-1)!.code} ${outcomeDesc}`)
      .sort()
  const all = ['decide withdrawn', 'decide withdrawn', 'decide withdrawn', 'decide wrong-recipient']
  t.same(await denials(worker, members.atWorker.subject), all)
  t.same(await denials(hospitalAuditor, members.atHospital.subject), all)
  t.same(await denials(employerAuditor, members.atHr.subject), [], 'the employer learns no reasons')
  const own = await resources<AuditEvent>(employerAuditor, `/fhir/AuditEvent?subtype=refuse&date=ge${since}&_count=100`)
  t.same(
    own.map(({ outcomeDesc }) => outcomeDesc),
    ['not-found', 'not-found', 'not-found', 'not-found'],
    'but that its HR asked in vain'
  )
})

await t.test('a delivery that was stopped does not show to an employer as a fault', async t => {
  // nobody answers there, so that what is to be told waits
  const away = 'http://127.0.0.1:1/'
  const slow = await joinedCase(running, case3, { webhooks: { hospital: away, hr: away } })
  t.teardown(() => closeAll(Object.values(slow.town)))
  const { hr, hospital, worker } = slow.town
  const states = async (reader: Party, subject: string, kind: KindCode) =>
    (await search(reader, subject, `&type=${kind}`)).flatMap(({ extension = [] }) =>
      extension.filter(({ url }) => url === extensionUrl('delivery')).map(each => each.extension![1]!.valueCode)
    )
  const kinds = [
    ['work-information', hr, hospital, slow.atHr.subject, 'accepted'],
    ['opinion-return', hospital, hr, slow.atHospital.subject, 'stopped']
  ] as const
  for (const [kind, author, recipient, subject, shown] of kinds) {
    const known = author === hr ? slow.atHr : slow.atHospital
    expectStatus(await deposit(author, liveDocument(case3, kind, known)), 201)
    const consent = await release(worker, {
      subject: slow.atWorker.subject,
      discloser: author.file.organization,
      recipients: [recipient.file.party],
      kinds: [kind],
      classes: 'all'
    })
    t.same(await states(author, subject, kind), ['accepted'], `${kind}: under way`)
    expectStatus(await withdraw(worker, consent.id), 200)
    t.same(await states(worker, slow.atWorker.subject, kind), ['stopped'], `${kind}: the worker sees that it stopped`)
    t.same(await states(author, subject, kind), [shown], `${kind}: ${author.file.role} sees ${shown}`)
  }
})

/** What happens soon after an answer. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (await isSo()) return
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error('it never became so')
}

// the clock goes on from here; tokens of before last for another five minutes
await t.test('a release begins and ends when it says', async t => {
  const now = Date.now()
  const minute = 60_000
  const [ending, starting, narrowing] = [
    await openedAgain(town, case1),
    await openedAgain(town, case1),
    await openedAgain(town, case1)
  ]
  for (const members of [ending, starting, narrowing]) await opinionIn(members)
  await released(ending, { end: now + minute })
  const expired = await read(hr, ending.atHr.subject)
  await released(starting, { start: now + minute })
  t.equal(await finds(hr, starting), 0, 'not before it begins')
  await released(narrowing, { classes: ['work-restriction'] })
  await released(narrowing, { classes: ['accommodation'], end: now + minute })
  const wide = await read(hr, narrowing.atHr.subject)
  t.ok(isAnswered(wide.items.get('oc.considerations')))

  ahead = 2 * minute
  t.equal(await finds(hr, ending), 0)
  t.equal(await statusOf(hr, expired.id), 404, 'not after its end')
  await t.resolves(
    until(async () => (await finds(hr, starting)) === 1),
    'what has begun is there'
  )
  t.ok(isAnswered((await read(hr, starting.atHr.subject)).items.get('oc.measures')))
  await t.resolves(
    until(async () => (await finds(hr, narrowing)) === 1),
    'what another release still carries stays'
  )
  const narrow = await read(hr, narrowing.atHr.subject)
  t.ok(isAnswered(narrow.items.get('oc.measures')))
  t.notOk(isAnswered(narrow.items.get('oc.considerations')))
  t.equal(await statusOf(hr, wide.id), 404)
})
