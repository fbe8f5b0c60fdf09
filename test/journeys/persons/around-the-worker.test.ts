import type { Consent } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { case5 } from '../../../fixtures/cases/5-colitis-call-center.ts'
import { extensionUrl } from '../../../src/document/canonical.ts'
import { as, type ClientId } from '../../../src/document/ids.ts'
import type { Refusal } from '../../../src/outcome/refusal.ts'
import { Authenticator } from '../../parties/authenticator.ts'
import { startGateway } from '../../parties/gateway.ts'
import { PersonParty } from '../../parties/person.ts'
import { register } from '../../parties/register.ts'
import {
  deposit,
  documentOf,
  expectStatus,
  invite,
  join,
  liveDocument,
  onPaper,
  refusalOf,
  releaseConsent,
  search,
  withdraw
} from '../../parties/story.ts'
import { asParty, closePeople, confirmAt, personCase, type Who } from './setting.ts'

let ahead = 0
const running = await startGateway({ now: () => Date.now() + ahead })
const { person, who, town, atHr, atHospital, atWorker } = await personCase(running, case1)
const opened: { close(): Promise<void> }[] = [person, ...Object.values(town)]
t.teardown(async () => {
  await closePeople(opened)
  await running.stop()
})
expectStatus(await deposit(town.hospital, liveDocument(case1, 'opinion-continuation', atHospital)), 201)

const facts = {
  subject: atWorker.subject,
  discloser: town.hospital.file.organization,
  recipients: [town.ohp.file.party],
  kinds: ['opinion-continuation'],
  classes: 'all'
} as const
const give = (consent: Consent) => person.post<Consent & { id: string }>('/fhir/Consent', consent)
const replacing = (consent: Consent, id: string): Consent => ({
  ...consent,
  extension: [{ url: extensionUrl('replaces'), valueReference: { reference: `Consent/${id}` } }]
})
/** Nothing but what it denies. */
function onlyDenying(...denied: readonly string[]): Consent {
  const consent = releaseConsent({ ...facts, denied })
  const { provision: [, ...denies] = [], ...root } = consent.provision!
  return { ...consent, provision: { ...root, provision: denies } }
}
/** Whether 産業医 reads the worker's diagnosis now. */
async function isDiagnosisRead(): Promise<boolean> {
  const [found] = await search(town.ohp, atHr.subject)
  const { text } = expectStatus(await documentOf(town.ohp, found!), 200)
  return text.includes(diagnosis)
}
const written = liveDocument(case1, 'opinion-continuation', atHospital)
const response = written
  .entry!.map(({ resource }) => resource!)
  .find(each => each.resourceType === 'QuestionnaireResponse')
const answer = JSON.stringify(response).match(/"linkId":"oc\.diagnosis"[^\]]*?"value(?:String)":"([^"]+)"/u)
const diagnosis = answer![1]!

t.test('nobody is registered for the organisation that is the worker', async t => {
  const { organization, organizationIdentifier: identifier } = running.gateway.parts.partners.byClient(
    as<ClientId>(who.account)
  )!
  for (const role of ['employer-hr', 'hospital', 'coordinator', 'auditor', 'worker'] as const) {
    const refused = await register(running, { role, organization: { name: '本人', identifier } }).catch(
      (error: Refusal) => error
    )
    t.match(refused, { key: 'role-not-allowed' }, role)
  }
  const operator = await register(running, {
    role: 'operator',
    organization: { name: '架空運営', identifier: { system: 'urn:oid:1.3.188', value: '8999999999950' } }
  })
  opened.push(operator)
  const change = (onBehalfOf: readonly unknown[]) =>
    operator.call('PATCH', `/api/v1/partners/${town.hr.file.clientId}`, { body: { onBehalfOf } })
  t.equal(refusalOf(await change([`Organization/${organization}`])), 'role-not-allowed')
  t.equal(refusalOf(await change([{ name: '本人', identifier }])), 'role-not-allowed')
})

t.test('a deny is replaced by a fresh proof alone, also by a consent that permits nothing', async t => {
  expectStatus(await person.stepUp(), 200)
  expectStatus(await give(releaseConsent(facts)), 201)
  t.equal(await isDiagnosisRead(), true)
  const deny = expectStatus(await give(onlyDenying('oc.diagnosis')), 201).body
  t.equal(await isDiagnosisRead(), false)

  ahead += 6 * 60_000
  expectStatus(await give(onlyDenying('oc.treatmentPlan')), 201)
  t.equal(refusalOf(await give(replacing(onlyDenying('oc.treatmentPlan'), deny.id))), 'step-up-needed')
  ahead -= 6 * 60_000
  t.equal(await isDiagnosisRead(), false)
  expectStatus(await give(replacing(onlyDenying('oc.treatmentPlan'), deny.id)), 201)
  t.equal(await isDiagnosisRead(), true)
})

t.test('a deny whose consent was withdrawn can still be replaced by name', async t => {
  expectStatus(await person.login(), 200)
  const given = expectStatus(await give(releaseConsent({ ...facts, denied: ['oc.diagnosis'] })), 201).body
  expectStatus(await withdraw(asParty(person), given.id), 200)
  t.equal(await isDiagnosisRead(), false)
  expectStatus(await give(replacing(releaseConsent(facts), given.id)), 201)
  t.equal(await isDiagnosisRead(), true)
  t.equal((await person.get<Consent>(`/fhir/Consent/${given.id}`)).body.status, 'inactive')
})

t.test('HR records no paper for what 産業医 of the same organisation wrote', async t => {
  const coordinator = await register(running, {
    role: 'coordinator',
    organization: { name: '架空支援センター', identifier: { system: 'https://centers.example', value: '1' } },
    person: { id: 'coordinator', name: '支援 員' }
  })
  opened.push(coordinator)
  const code = await invite(asParty(person), atHr.id, 'coordinator')
  expectStatus(await join(coordinator, case1, code), 201)
  const paper = (kind: 'ohp-opinion' | 'support-plan') =>
    onPaper(
      releaseConsent({
        subject: atHr.subject,
        discloser: town.hr.file.organization,
        recipients: [coordinator.file.party],
        kinds: [kind],
        classes: 'all'
      }),
      town.hr.file.party
    )
  t.equal(refusalOf(await town.hr.post('/fhir/Consent', paper('ohp-opinion'))), 'profile-invalid')
  expectStatus(await town.hr.post('/fhir/Consent', paper('support-plan')), 201)
})

t.test('whoever sneaks a passkey in cannot hide that from the worker', async t => {
  const notices = async () => (await person.session<Who>('GET', '/session')).body.notices
  const before = (await notices()).length
  expectStatus(await person.stepUp(), 200)
  expectStatus(await person.addPasskey(), 201)
  const [added] = await notices()
  t.match(added, { kind: 'passkey-added' })
  const seen = () => person.session('POST', `/session/notices/${added!.id}/seen`)
  t.equal(refusalOf(await seen()), 'case-state', 'on the screen that was left open')
  t.equal((await notices()).length, before + 1)
  expectStatus(await person.login(), 200)
  expectStatus(await seen(), 200)
  t.equal((await notices()).length, before)
})

t.test('a passkey that nobody confirmed takes the confirmed one from nobody', async t => {
  expectStatus(await person.login(), 200)
  const listed = async (of: PersonParty) =>
    (await of.session<{ items: { id: string; isCurrent: boolean }[] }>('GET', '/session/passkeys')).body.items
  const confirmed = (await listed(person)).find(({ isCurrent }) => isCurrent)!
  const device = new Authenticator(running.baseUrl)
  const options = expectStatus(await person.session('GET', '/session/passkeys/options'), 200)
  const body = { name: '予備', response: device.create(options.body as object) }
  const added = expectStatus(await person.session<{ id: string }>('POST', '/session/passkeys', body), 201).body
  const other = new PersonParty(running.baseUrl, device)
  opened.push(other)
  expectStatus(await other.login(), 200)
  t.equal(refusalOf(await other.session('POST', `/session/passkeys/${confirmed.id}/remove`)), 'case-state')
  expectStatus(await person.login(), 200)
  await confirmAt(town.hospital, other, atHr.id)
  expectStatus(await other.session('POST', `/session/passkeys/${confirmed.id}/remove`), 200)
  t.equal((await person.login()).status, 401, 'once the reception has seen it, it may')
  t.equal(
    (await listed(other)).some(({ id }) => id === added.id),
    true
  )
})

t.test('much paper buries no notice of a passkey, and is not heaped up without end', async t => {
  const other = await personCase(running, case5)
  opened.push(other.person, ...Object.values(other.town))
  expectStatus(await other.person.addPasskey(), 201)
  const { hr, hospital } = other.town
  const release = releaseConsent({
    subject: other.atHr.subject,
    discloser: hr.file.organization,
    recipients: [hospital.file.party],
    kinds: ['work-information'],
    classes: 'all'
  })
  const record = () => hr.post('/fhir/Consent', onPaper(release, hr.file.party))
  for (let count = 0; count < 100; count++) expectStatus(await record(), 201)
  t.equal(refusalOf(await record()), 'case-state')
  const { notices } = (await other.person.session<Who>('GET', '/session')).body
  t.same([...new Set(notices.map(({ kind }) => kind))], ['passkey-added', 'paper-consent'])
})
