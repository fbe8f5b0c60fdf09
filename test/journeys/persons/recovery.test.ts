import type { Bundle } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { case5 } from '../../../fixtures/cases/5-colitis-call-center.ts'
import { caseSubjectSystem } from '../../../src/document/canonical.ts'
import { startGateway } from '../../parties/gateway.ts'
import { PersonParty } from '../../parties/person.ts'
import { deposit, expectStatus, liveDocument, refusalOf, releaseConsent, search } from '../../parties/story.ts'
import { asParty, closePeople, confirmAt, evidence, personCase, textIn, type Who } from './setting.ts'

let ahead = 0
const running = await startGateway({ now: () => Date.now() + ahead })
const { person, who, town, atHr, atHospital, atWorker } = await personCase(running, case1)
const other = await personCase(running, case5)
const people = [person, other.person]
t.teardown(async () => {
  await closePeople([...people, ...Object.values(town), ...Object.values(other.town)])
  await running.stop()
})
const opinion = expectStatus(await deposit(town.hospital, liveDocument(case1, 'opinion-continuation', atHospital)), 201)
  .body.id!
const consent = (recipient: string) =>
  releaseConsent({
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [recipient],
    kinds: ['opinion-continuation'],
    classes: ['work-restriction']
  })
const recover = `/fhir/EpisodeOfCare/${atHr.id}/$recover`

t.test('whoever cannot see the person at the reception cannot recover the account', async t => {
  for (const party of [town.hr, town.ohp, town.hospitalAuditor, town.employerAuditor]) {
    t.equal((await party.post(recover, evidence)).status, 403, party.file.role)
  }
  t.equal((await person.post(recover, evidence)).status, 403, 'nor the worker alone')
  t.equal((await other.town.hospital.post(recover, evidence)).status, 404, "nor another case's hospital")
  t.equal(
    (await other.town.hospital.post(`/fhir/EpisodeOfCare/${atHr.id}/$confirm`, evidence)).status,
    404,
    'which cannot confirm either'
  )
})

t.test('a worker who lost every passkey gets one new one, which opens nothing until it is confirmed', async t => {
  expectStatus(await person.post('/fhir/Consent', consent(town.ohp.file.party)), 201)
  t.equal((await search(town.ohp, atHr.subject)).length, 1)
  const before = person.cookie
  const code = textIn(expectStatus(await town.hospital.post(recover, evidence), 200), 'recoveryCode')
  t.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}$/u)
  t.equal((await person.session('GET', '/session')).status, 200, 'the code alone ends nothing')

  const fresh = new PersonParty(running.baseUrl)
  people.push(fresh)
  const again = expectStatus(await fresh.register(code.toLowerCase().replaceAll('-', ' ')), 201).body as Who
  t.equal(again.account, who.account)
  t.same(again.cases, [{ id: atHr.id, confirmed: false }])
  t.match(again.notices, [{ kind: 'recovered', case: atHr.id }])
  t.equal(refusalOf(await new PersonParty(running.baseUrl).register(code)), 'code-invalid', 'once')

  t.equal((await person.session('GET', '/session', undefined, { cookie: before })).status, 401, 'all sessions ended')
  t.equal((await person.login()).status, 401, 'the lost passkey is none any more')

  t.equal((await fresh.get(`/fhir/Bundle/${opinion}`)).status, 404)
  t.same(await search(asParty(fresh), atWorker.subject), [])
  t.equal(refusalOf(await fresh.post('/fhir/Consent', consent(town.hr.file.party))), 'case-state')
  t.equal((await search(town.ohp, atHr.subject)).length, 1, "what the worker had released stays the worker's own")
  const query = `/fhir/Consent?patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${atWorker.subject}`)}`
  const consents = async () => ((await fresh.get<Bundle>(query)).body.entry ?? []).length
  t.equal(await consents(), 0)

  await confirmAt(town.hospital, fresh, atHr.id)
  t.same((await fresh.session<Who>('GET', '/session')).body.cases, [{ id: atHr.id, confirmed: true }])
  expectStatus(await fresh.get(`/fhir/Bundle/${opinion}`), 200)
  t.equal(await consents(), 2, 'now the worker is shown custody and the release')
  expectStatus(await fresh.post('/fhir/Consent', consent(town.hr.file.party)), 201)
  const [notice] = again.notices
  expectStatus(await other.person.session('POST', `/session/notices/${notice!.id}/seen`), 200)
  t.equal((await fresh.session<Who>('GET', '/session')).body.notices.length, 1, 'nobody marks it for another')
  const seen = () => fresh.session('POST', `/session/notices/${notice!.id}/seen`)
  t.equal(refusalOf(await seen()), 'case-state', 'not in the session that it tells of')
  expectStatus(await fresh.login(), 200)
  expectStatus(await seen(), 200)
  t.same((await fresh.session<Who>('GET', '/session')).body.notices, [])
})

t.test('a recovery code holds for ten minutes and five tries, and a newer one ends it', async t => {
  const issue = async () => textIn(expectStatus(await town.hospital.post(recover, evidence), 200), 'recoveryCode')
  const options = async (code: string) =>
    (await other.person.session('POST', '/session/registration/options', { code })).status
  const first = await issue()
  t.equal(await options(first), 200)
  const second = await issue()
  t.equal(await options(first), 422, 'the newer one counts')
  const wrong = `${second.slice(0, -1)}${second.endsWith('0') ? '1' : '0'}`
  for (let tries = 0; tries < 4; tries++) t.equal(await options(wrong), 422)
  t.equal(await options(second), 200, 'four wrong tries')
  t.equal(await options(wrong), 422)
  t.equal(await options(second), 422, 'five')
  const third = await issue()
  ahead += 10 * 60_000
  t.equal(await options(third), 422, 'ten minutes')
})

t.test('passkeys are added and removed, but not the one of the session', async t => {
  const { person: worker } = other
  expectStatus(await worker.stepUp(), 200)
  const { body } = expectStatus(await worker.addPasskey(), 201)
  const listed = await worker.session<{ items: { id: string; isCurrent: boolean }[] }>('GET', '/session/passkeys')
  t.same(
    listed.body.items.map(({ isCurrent }) => isCurrent),
    [true, false]
  )
  t.equal(refusalOf(await worker.session('POST', `/session/passkeys/${listed.body.items[0]!.id}/remove`)), 'case-state')
  expectStatus(await worker.session('POST', `/session/passkeys/${body.id}/remove`), 200)
  t.equal((await worker.session('POST', `/session/passkeys/${body.id}/remove`)).status, 404)
})
