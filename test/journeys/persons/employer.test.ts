import type { Bundle } from '@medplum/fhirtypes'
import t, { type Test } from 'tap'
import { canariesOf, neverToHr } from '../../../fixtures/canary.ts'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { filesOf } from '../../../fixtures/documents.ts'
import { caseSubjectSystem } from '../../../src/document/canonical.ts'
import { as, type ClientId } from '../../../src/document/ids.ts'
import { inviteAgain, invitePerson } from '../../../src/journeys/person/invite-person.ts'
import type { Refusal } from '../../../src/outcome/refusal.ts'
import { Authenticator } from '../../parties/authenticator.ts'
import { type Running, startGateway } from '../../parties/gateway.ts'
import type { Party } from '../../parties/party.ts'
import { PersonParty } from '../../parties/person.ts'
import { registerTown } from '../../parties/register.ts'
import {
  deposit,
  expectStatus,
  invite,
  join,
  type Known,
  knownFrom,
  liveDocument,
  onPaper,
  openCase,
  parameters,
  refusalOf,
  releaseConsent,
  search
} from '../../parties/story.ts'
import { findCanaries, needlesOf } from '../find-canaries.ts'
import { asParty, closePeople, evidence, knownTo, personCase, type Who } from './setting.ts'

const opinion = filesOf(case1).find(({ document }) => document.kind === 'opinion-continuation')!
const hidden = canariesOf(opinion)
  .filter(({ class: name }) => neverToHr.has(name))
  .map(({ value }) => value)

/** Nothing of the physician's in any byte that ever came back to any of them. */
function nothingMedical(t: Test, readers: readonly { readonly received: readonly string[] }[]): void {
  const texts = readers.flatMap(({ received }) => received)
  t.ok(hidden.length > 5 && texts.length > 5, `${hidden.length} canaries in ${texts.length} answers`)
  t.same(findCanaries([...new Set(texts)].join('\n'), needlesOf(hidden)), [])
}

let ahead = 0
const running: Running = await startGateway({ now: () => Date.now() + ahead })
const opened: { close(): Promise<void> }[] = []
t.teardown(async () => {
  await closePeople(opened)
  await running.stop()
})

let numbered = 800_000
const opinionFrom = async (hospital: Party, known: Known): Promise<string> => {
  const identifier = `${case1.hospital.number}^2026^${++numbered}`
  const document = liveDocument(case1, 'opinion-continuation', known, { identifier })
  return expectStatus(await deposit(hospital, document), 201).body.id!
}

t.test('an employer that takes the invitation itself obtains nothing about health', async t => {
  const town = await registerTown(running, case1)
  const atHr = await openCase(town.hr, case1)
  const phone = new PersonParty(running.baseUrl)
  opened.push(phone, ...Object.values(town))
  const who = expectStatus(await phone.register(atHr.invitation!, '人事の電話'), 201).body as Who
  t.same(who.cases, [{ id: atHr.id, confirmed: false }])
  const atPhone = await knownTo(phone, atHr.id)

  // the employer knows name and birth date, and the hospital believes the code
  const code = await invite(asParty(phone), atHr.id, 'hospital')
  const atHospital = knownFrom(expectStatus(await join(town.hospital, case1, code), 201))
  const id = await opinionFrom(town.hospital, atHospital)

  t.same(await search(asParty(phone), atPhone.subject), [])
  t.equal((await phone.get(`/fhir/Bundle/${id}`)).status, 404)
  t.equal((await phone.get(`/api/v1/documents/${id}`)).status, 404)
  const consent = releaseConsent({
    subject: atPhone.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.hr.file.party, town.ohp.file.party],
    kinds: ['opinion-continuation'],
    classes: 'all'
  })
  t.equal(refusalOf(await phone.post('/fhir/Consent', consent)), 'case-state')
  expectStatus(await phone.stepUp(), 200)
  t.equal(refusalOf(await phone.post('/fhir/Consent', consent)), 'case-state', 'a step-up is no confirmation')
  for (const guess of ['000000', '123456', '999999']) {
    const body = parameters({ name: 'confirmationCode', valueString: guess })
    t.equal(refusalOf(await phone.post(`/fhir/EpisodeOfCare/${atHr.id}/$confirm`, body)), 'code-invalid')
  }
  for (const party of [town.hr, town.ohp]) {
    t.equal((await party.post(`/fhir/EpisodeOfCare/${atHr.id}/$confirm`, evidence)).status, 403)
    t.equal((await party.post(`/fhir/EpisodeOfCare/${atHr.id}/$recover`, evidence)).status, 403)
    t.same(await search(party, atHr.subject), [])
    t.equal((await party.get(`/fhir/Bundle/${id}`)).status, 404)
  }
  await phone.get(`/fhir/AuditEvent?patient.identifier=${atPhone.subject}`)
  nothingMedical(t, [phone, town.hr, town.ohp, town.employerAuditor])
})

t.test('an employer cannot reset the passkey, and one that it sneaked in obtains nothing about health', async t => {
  const { town, person, who, atHr, atWorker, atHospital } = await personCase(running, case1)
  opened.push(person, ...Object.values(town))
  const id = await opinionFrom(town.hospital, atHospital)
  expectStatus(await person.get(`/fhir/Bundle/${id}`), 200)

  const thief = new PersonParty(running.baseUrl)
  opened.push(thief)
  t.equal(refusalOf(await thief.register(atHr.invitation!)), 'code-invalid', 'the invitation again')
  for (const guess of ['0000-0000-0000-0000', '7K3M-9QWX-2B5C-8DTR']) {
    t.equal(refusalOf(await thief.register(guess)), 'code-invalid', 'a guessed recovery code')
  }
  for (const party of [town.hr, town.ohp, town.employerAuditor]) {
    t.equal((await party.post(`/fhir/EpisodeOfCare/${atHr.id}/$recover`, evidence)).status, 403)
  }
  const byOperator = await inviteAgain(running.gateway.parts, as<ClientId>(who.account)).catch(
    (error: Refusal) => error
  )
  t.match(byOperator, { key: 'role-not-allowed' }, 'nor does the operator reset a worker')

  // staff of the employer, logged in: their session is about themselves
  const staff = new PersonParty(running.baseUrl)
  opened.push(staff)
  const { invitation } = await invitePerson(running.gateway.parts, {
    client: as<ClientId>(town.hr.file.clientId),
    role: 'employer-hr',
    name: '人事 花子',
    purposes: ['support-consideration']
  })
  expectStatus(await staff.register(invitation), 201)
  const { items } = (await person.session<{ items: { id: string }[] }>('GET', '/session/passkeys')).body
  t.equal((await staff.session('POST', `/session/passkeys/${items[0]!.id}/remove`)).status, 404)
  t.equal((await staff.session('GET', '/session/passkeys')).text.includes(items[0]!.id), false)
  t.equal(refusalOf(await staff.post(`/fhir/EpisodeOfCare/${atHr.id}/$recover`, evidence)), 'role-not-allowed')
  t.same(await search(asParty(staff), atHr.subject), [])

  // the worker's phone, left open on a desk
  ahead += 6 * 60_000
  const late = await person.session('GET', '/session/passkeys/options')
  t.equal(refusalOf(late), 'step-up-needed')
  ahead -= 6 * 60_000
  const options = await person.session('GET', '/session/passkeys/options')
  const device = new Authenticator(running.baseUrl)
  const response = device.create(options.body as object)
  expectStatus(await person.session('POST', '/session/passkeys', { name: '…', response }), 201)
  const sneaked = new PersonParty(running.baseUrl, device)
  opened.push(sneaked)
  expectStatus(await sneaked.login(), 200)
  t.same((await sneaked.session<Who>('GET', '/session')).body.cases, [{ id: atHr.id, confirmed: false }])
  t.same(await search(asParty(sneaked), atWorker.subject), [])
  t.equal((await sneaked.get<Bundle>(`/fhir/Bundle/${id}`)).status, 404)
  const consent = releaseConsent({
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.hr.file.party],
    kinds: ['opinion-continuation'],
    classes: 'all'
  })
  t.equal(refusalOf(await sneaked.post('/fhir/Consent', consent)), 'case-state')
  const of = `patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${atWorker.subject}`)}`
  for (const path of [`/fhir/Consent?${of}`, `/fhir/AuditEvent?${of}`]) {
    t.same((await sneaked.get<Bundle>(path)).body.entry ?? [], [], `${path}: nor what the worker decided (P-9)`)
    t.ok((await person.get<Bundle>(path)).body.entry!.length > 0)
  }
  const code = parameters({ name: 'role', valueCode: 'hospital' })
  t.equal(refusalOf(await sneaked.post(`/fhir/EpisodeOfCare/${atHr.id}/$invite`, code)), 'case-state')
  const end = parameters({ name: 'to', valueCode: 'withdrawn' })
  t.equal(refusalOf(await sneaked.post(`/fhir/EpisodeOfCare/${atHr.id}/$transition`, end)), 'case-state')
  const shown = await sneaked.get<{ state: string }>(`/api/v1/cases/${atHr.id}`)
  t.ok(['open', 'waiting', 'received', 'plan', 'follow-up'].includes(shown.body.state), 'coarse as for the employer')
  t.match((await person.session<Who>('GET', '/session')).body.notices, [{ kind: 'passkey-added' }])
  t.same(await search(town.hr, atHr.subject), [])
  nothingMedical(t, [thief, staff, sneaked, town.hr, town.ohp, town.employerAuditor])

  // and the worker goes on
  expectStatus(await person.stepUp(), 200)
  expectStatus(await person.get(`/fhir/Bundle/${id}`), 200)
})

t.test('an employer that records a paper consent naming itself obtains nothing about health', async t => {
  const { town, person, atHr, atWorker, atHospital } = await personCase(running, case1)
  opened.push(person, ...Object.values(town))
  const id = await opinionFrom(town.hospital, atHospital)
  const { hospital, hr, ohp } = town
  const paper = (more: { discloser: string; recipients: readonly string[]; subject?: string }) =>
    releaseConsent({ subject: atHr.subject, kinds: ['opinion-continuation'], classes: 'all', ...more })
  const named = { discloser: hospital.file.organization, recipients: [hr.file.party] }
  const own = { discloser: hr.file.organization, recipients: [hr.file.party, ohp.file.party] }
  const tries = [
    ['as if the hospital had recorded it', onPaper(paper(named), hospital.file.party), 'profile-invalid'],
    ['as the recipient', onPaper(paper(named), hr.file.party), 'profile-invalid'],
    [
      'for 産業医 of its own',
      onPaper(paper({ ...named, recipients: [ohp.file.party] }), hr.file.party),
      'profile-invalid'
    ],
    ['as the discloser of what it did not write', onPaper(paper(own), hr.file.party), 'profile-invalid'],
    ['not said to be on paper', paper(named), 'role-not-allowed'],
    [
      'by the number of the worker',
      onPaper(paper({ ...named, subject: atWorker.subject }), hr.file.party),
      'case-unknown'
    ],
    [
      'by the number of the hospital',
      onPaper(paper({ ...named, subject: atHospital.subject }), hr.file.party),
      'case-unknown'
    ]
  ] as const
  for (const [title, consent, key] of tries) t.equal(refusalOf(await hr.post('/fhir/Consent', consent)), key, title)
  t.equal((await ohp.call('POST', '/fhir/Consent', { body: onPaper(paper(named), ohp.file.party) })).status, 403)
  for (const party of [hr, ohp]) {
    t.same(await search(party, atHr.subject), [])
    t.equal((await party.get(`/fhir/Bundle/${id}`)).status, 404)
  }
  nothingMedical(t, [hr, ohp, town.employerAuditor])
  t.same((await person.session<Who>('GET', '/session')).body.notices, [])
})
