import type { Bundle, Consent } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { caseSubjectSystem } from '../../../src/document/canonical.ts'
import { startGateway } from '../../parties/gateway.ts'
import {
  deposit,
  expectStatus,
  liveDocument,
  onPaper,
  refusalOf,
  releaseConsent,
  search,
  withdraw
} from '../../parties/story.ts'
import { asParty, closePeople, personCase, type Who } from './setting.ts'

const running = await startGateway()
// the account itself was never confirmed: the worker came with a signed paper instead
const { town, person, atHr, atWorker, atHospital } = await personCase(running, case1, { isConfirmed: false })
const { hospital, hr, ohp } = town
t.teardown(async () => {
  await closePeople([person, ...Object.values(town)])
  await running.stop()
})
await deposit(hospital, liveDocument(case1, 'opinion-continuation', atHospital))

const paper = (subject: string, recipient: string, replaces?: string): Consent => {
  const consent = onPaper(
    releaseConsent({
      subject,
      discloser: hospital.file.organization,
      recipients: [recipient],
      kinds: ['opinion-continuation'],
      classes: ['work-restriction']
    }),
    hospital.file.party
  )
  const url = 'https://ryoritsu.example/fhir/StructureDefinition/replaces'
  const valueReference = { reference: `Consent/${replaces}` }
  return replaces === undefined ? consent : { ...consent, extension: [...consent.extension!, { url, valueReference }] }
}
const subjectOf = ({ patient, performer }: Consent) =>
  [patient, ...(performer ?? [])].map(each => each?.identifier?.value)

t.test('the side that discloses records a consent on paper; it counts, and the worker is told', async t => {
  t.same(await search(ohp, atHr.subject), [])
  const recorded = expectStatus(
    await hospital.post<Consent>('/fhir/Consent', paper(atHospital.subject, ohp.file.party)),
    201
  )
  t.same(subjectOf(recorded.body), [atHospital.subject, atHospital.subject], 'by the number of who recorded it')
  t.equal((await search(ohp, atHr.subject)).length, 1)

  const { notices } = (await person.session<Who>('GET', '/session')).body
  t.match(notices, [{ kind: 'paper-consent', case: atHr.id, reference: `Consent/${recorded.body.id}` }])
  const shown = expectStatus(await person.get<Consent>(`/fhir/Consent/${recorded.body.id}`), 200).body
  t.same(subjectOf(shown), [atWorker.subject, atWorker.subject], 'by the number of the worker')
  t.equal(shown.extension?.[0]?.valueReference?.reference, hospital.file.party, 'and by whom it was recorded')
  const log = await person.get<Bundle>(
    `/fhir/AuditEvent?patient.identifier=${caseSubjectSystem}|${atWorker.subject}&subtype=consent-create`
  )
  t.ok(log.text.includes(`Consent/${recorded.body.id}`), "it stands in the worker's log")

  expectStatus(await withdraw(asParty(person), recorded.body.id!), 200)
  t.same(await search(ohp, atHr.subject), [], 'and the worker takes it back')
})

t.test('paper replaces paper of the same side, never what the worker chose', async t => {
  const first = expectStatus(
    await hospital.post<Consent>('/fhir/Consent', paper(atHospital.subject, ohp.file.party)),
    201
  )
  const second = await hospital.post<Consent>('/fhir/Consent', paper(atHospital.subject, hr.file.party, first.body.id))
  expectStatus(second, 201)
  t.equal((await person.get<Consent>(`/fhir/Consent/${first.body.id}`)).body.status, 'inactive')

  const denied = releaseConsent({
    subject: atWorker.subject,
    discloser: hospital.file.organization,
    recipients: [hr.file.party],
    kinds: ['opinion-continuation'],
    classes: ['work-restriction']
  })
  const [permit] = denied.provision!.provision!
  const deny: Consent = { ...denied, provision: { ...denied.provision, provision: [{ ...permit, type: 'deny' }] } }
  t.equal(refusalOf(await person.post('/fhir/Consent', deny)), 'case-state', 'the account is still not confirmed')
  const query = `/fhir/Consent?patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${atWorker.subject}`)}`
  const { body } = await person.get<Bundle>(query)
  const custody = (body.entry ?? []).map(({ resource }) => resource as Consent).find(each => !each.extension)!
  const over = await hospital.post('/fhir/Consent', paper(atHospital.subject, hr.file.party, custody.id))
  t.equal(refusalOf(over), 'profile-invalid', 'custody is the worker’s')
})

t.test('who records a paper must be the discloser, and named in it', async t => {
  const asHr = onPaper(paper(atHospital.subject, ohp.file.party), hr.file.party)
  t.equal(refusalOf(await hospital.post('/fhir/Consent', asHr)), 'profile-invalid', 'in the name of somebody else')
  const { extension: _, ...screen } = paper(atHospital.subject, ohp.file.party)
  t.equal(refusalOf(await hospital.post('/fhir/Consent', screen)), 'role-not-allowed', 'no paper')
  const own = onPaper(
    releaseConsent({
      subject: atHr.subject,
      discloser: hr.file.organization,
      recipients: [hospital.file.party],
      kinds: ['work-information'],
      classes: 'all'
    }),
    hr.file.party
  )
  expectStatus(await hr.post('/fhir/Consent', own), 201)
  const { notices } = (await person.session<Who>('GET', '/session')).body
  t.equal(notices.length, 4, 'the worker is told of each, newest first')
})
