import type { CareTeam } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import type { ClientId, Identifier } from '../../../src/document/ids.ts'
import { as } from '../../../src/document/ids.ts'
import { changePartner } from '../../../src/journeys/partner/change-partner.ts'
import { readPartner } from '../../../src/journeys/partner/read-partner.ts'
import { startGateway } from '../../parties/gateway.ts'
import { Party } from '../../parties/party.ts'
import { partnerFile, type Registering, register } from '../../parties/register.ts'
import {
  deposit,
  expectStatus,
  liveDocument,
  openCase,
  refusalOf as refusalIn,
  release,
  releaseConsent,
  search
} from '../../parties/story.ts'
import { catchWebhooks } from '../catch-webhooks.ts'
import { closeAll, joinedCase, openedAgain } from '../joined-case.ts'

const hook = await catchWebhooks('/platform')
const running = await startGateway()
const { parts } = running.gateway
const { town, atHr, atWorker, atHospital } = await joinedCase(running, case1)
const vendor = { name: '架空人事サービス', identifier: houjin('999999999960') }
const second = { name: '架空物流', identifier: houjin('999999999961') }
const onBehalfOf = [{ id: as<never>(town.hr.file.organization.replace('Organization/', '')) }, second]
const platform = await registerPlatform('employer-hr', { webhook: hook.url })
const asFirst = actingAs(platform, case1.employer.identifier)
const asSecond = actingAs(platform, second.identifier)
t.teardown(async () => {
  await closeAll([...Object.values(town), platform, asFirst, asSecond])
  await running.stop()
  await hook.close()
})

/** A 法人番号 with its check digit. */
function houjin(digits: string): Identifier {
  const sum = [...digits].reverse().reduce((all, digit, index) => all + Number(digit) * (index % 2 === 0 ? 1 : 2), 0)
  return { system: 'urn:oid:1.3.188', value: `${9 - (sum % 9)}${digits}` }
}

function registerPlatform(role: Registering['role'], more: Partial<Registering> = {}) {
  const desk = {
    ...running,
    add: (partner: Parameters<typeof running.add>[0]) => running.add({ ...partner, onBehalfOf })
  }
  return register(desk, { role, organization: vendor, person: { id: 'p-1', name: '担当 一子' }, ...more })
}

function actingAs({ file }: Party, { system, value }: Identifier): Party {
  return new Party({ ...file, actsFor: `${system}|${value}` })
}

const refusalOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    error => error
  )

const partner = () => parts.partners.byClient(as<ClientId>(platform.file.clientId))!

t.test('a platform names the employer that it acts for, or gets no token', async t => {
  const answer = await platform.grant(await platform.assertion())
  t.equal(answer.status, 400)
  t.match(answer.body, { error: 'invalid_request', error_description: /subject_organization_id/ })
  const stranger = actingAs(platform, houjin('999999999962'))
  t.equal((await stranger.grant(await stranger.assertion())).status, 400)
  for (const acting of [asFirst, asSecond, actingAs(platform, vendor.identifier)]) {
    t.equal((await acting.get('/fhir/EpisodeOfCare')).status, 200, `${acting.file.actsFor}`)
  }
})

t.test('for each employer it is the party that any client of its HR is, and sees nothing of the others', async t => {
  const { body } = expectStatus(await asFirst.get<CareTeam>(`/fhir/CareTeam/${atHr.id}`), 200)
  const hr = (body.participant ?? []).filter(({ member }) => member?.reference === town.hr.file.party)
  t.equal(hr.length, 1, 'once, though two clients are it')
  t.equal((await asSecond.get(`/fhir/EpisodeOfCare/${atHr.id}`)).status, 404)
  const own = await openCase(asSecond, case1)
  t.equal((await asSecond.get(`/fhir/EpisodeOfCare/${own.id}`)).status, 200)
  t.equal((await asFirst.get(`/fhir/EpisodeOfCare/${own.id}`)).status, 404)
  t.equal((await town.hr.get(`/fhir/EpisodeOfCare/${own.id}`)).status, 404)
})

t.test('it is told and may read what the worker released to the employer', async t => {
  const opinion = liveDocument(case1, 'opinion-continuation', atHospital, { identifier: '1319999015^2026^900001' })
  expectStatus(await deposit(town.hospital, opinion), 201)
  await release(town.worker, {
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.hr.file.party],
    kinds: ['opinion-continuation'],
    classes: ['work-restriction']
  })
  t.equal((await search(asFirst, atHr.subject, '&type=opinion-continuation')).length, 1)
  t.equal((await search(asSecond, atHr.subject, '&type=opinion-continuation')).length, 0)
  while (hook.received.length === 0) await new Promise(resolve => setTimeout(resolve, 20))
  t.match(hook.received[0], 'POST /platform')
})

t.test('handling rules of the platform are not those of the employers', async t => {
  const place = (partner().onBehalfOf ?? []).find(
    each => each.organizationIdentifier.value === second.identifier.value
  )!
  t.ok(partner().handlingRules)
  t.equal(place.handlingRules, undefined)
  t.equal(parts.partners.byParty(place.party)!.handlingRules, undefined)
  const rules = partner().handlingRules!
  await changePartner(parts, partner().clientId, { onBehalfOf: { add: [{ ...second, handlingRules: rules }] } })
  t.same(parts.partners.byParty(place.party)!.handlingRules, rules)
  t.equal(partner().onBehalfOf!.length, 2)
})

t.test('an employer that is taken away ends its tokens at once, and those of no other', async t => {
  t.equal((await asSecond.get('/fhir/EpisodeOfCare')).status, 200)
  const place = (partner().onBehalfOf ?? []).find(
    each => each.organizationIdentifier.value === second.identifier.value
  )!
  const remove = { onBehalfOf: { remove: [`Organization/${place.organization}`] } }
  await changePartner(parts, partner().clientId, remove)
  t.equal((await asSecond.get('/fhir/EpisodeOfCare')).status, 401)
  t.equal((await asFirst.get('/fhir/EpisodeOfCare')).status, 200)
  const again = actingAs(platform, second.identifier)
  t.equal((await again.grant(await again.assertion())).status, 400, 'nor is there another')
  t.equal(parts.partners.byParty(place.party)!.disabled, true, 'known, but stopped')

  await changePartner(parts, partner().clientId, { onBehalfOf: { add: [second] } })
  t.equal((await actingAs(platform, second.identifier).get('/fhir/EpisodeOfCare')).status, 200)
  t.equal(parts.partners.partyOf(place.organization, 'employer-hr'), place.party, 'the party it was')
})

t.test(
  'an employer without a system of its own gets what is released to it, once its own rules are recorded',
  async t => {
    const { atHr: atSecond, atWorker, atHospital } = await openedAgain({ ...town, hr: asSecond }, case1)
    const place = (partner().onBehalfOf ?? []).find(
      each => each.organizationIdentifier.value === second.identifier.value
    )!
    const opinion = liveDocument(case1, 'opinion-continuation', atHospital, { identifier: '1319999015^2026^900003' })
    expectStatus(await deposit(town.hospital, opinion), 201)
    const consent = releaseConsent({
      subject: atWorker.subject,
      discloser: town.hospital.file.organization,
      recipients: [`PractitionerRole/${place.party}`],
      kinds: ['opinion-continuation'],
      classes: ['work-restriction']
    })
    const refused = await town.worker.post('/fhir/Consent', consent)
    t.equal(refusalIn(refused), 'handling-rules-missing', 'those of the platform do not count')
    const rules = partner().handlingRules!
    const add = [{ reference: `Organization/${place.organization}`, handlingRules: rules }]
    await changePartner(parts, partner().clientId, { onBehalfOf: { add } })
    expectStatus(await town.worker.post('/fhir/Consent', consent), 201)
    t.equal((await search(asSecond, atSecond.subject, '&type=opinion-continuation')).length, 1)
    t.equal((await search(asFirst, atSecond.subject, '&type=opinion-continuation')).length, 0)
  }
)

t.test('the auditor of an employer sees who may act for it', async t => {
  const { body } = await town.employerAuditor.get<{ entry?: readonly { resource: object }[] }>(
    '/fhir/AuditEvent?subtype=partner-change&_count=100'
  )
  t.match(JSON.stringify(body), new RegExp(partner().clientId))
})

t.test('a platform that is stopped is told nothing from then on', async t => {
  const told = hook.received.length
  await changePartner(parts, partner().clientId, { disabled: true })
  await changePartner(parts, as<ClientId>(town.hr.file.clientId), { webhook: hook.url.replace('platform', 'own') })
  const opinion = liveDocument(case1, 'opinion-continuation', atHospital, { identifier: '1319999015^2026^900002' })
  expectStatus(await deposit(town.hospital, opinion), 201)
  while (hook.received.length === told) await new Promise(resolve => setTimeout(resolve, 20))
  t.match(hook.received[told], 'POST /own', 'another client of the party is told instead')
  await changePartner(parts, as<ClientId>(town.hr.file.clientId), { webhook: null })
  await changePartner(parts, partner().clientId, { disabled: false })
})

t.test('nobody acts for the operator, and the operator is nobody for whom others act', async t => {
  const operator = { name: '架空運営', identifier: houjin('999999999970') }
  const file = (await register(running, { role: 'operator', organization: operator })).file
  const refused = async (change: object) =>
    t.match(await refusalOf(changePartner(parts, partner().clientId, { onBehalfOf: { add: [change] } })), {
      key: 'role-not-allowed',
      at: ['onBehalfOf[0].identifier']
    })
  await refused(operator)
  await refused({ reference: file.organization })
  t.match(await refusalOf(register(running, { role: 'operator', organization: second })), { key: 'role-not-allowed' })
  t.match(await refusalOf(changePartner(parts, partner().clientId, { onBehalfOf: ['Organization/nobody'] })), {
    key: 'parameter-invalid',
    at: ['onBehalfOf[0]']
  })
})

t.test('HR, supervisor and 産業医 are never one system: they share no key', async t => {
  const { jwks } = partner()
  for (const role of ['employer-ohp', 'supervisor'] as const) {
    const file = partnerFile({ ...readPartner(hrFile()), role, jwks }) as object
    t.match(await refusalOf(running.add(readPartner({ ...file, organization: vendor }))), {
      key: 'role-not-allowed',
      at: ['jwks']
    })
  }
  t.ok(await running.add(readPartner(hrFile())), 'another client of HR may have it')

  function hrFile() {
    const { scope, purposes } = partner()
    return { role: 'employer-hr', organization: vendor, jwks, scope: scope.join(' '), purposes }
  }
})

t.test('three thousand employers are added in commits of fifty, and each is found', async t => {
  const all = Array.from({ length: 3000 }, (_, index) => ({
    name: `架空企業 ${index}`,
    identifier: houjin(String(999_999_900_000 + index - 100_000_000))
  }))
  const before = parts.partners.version(partner().clientId)
  const { commit } = parts.record.log
  const sizes: number[] = []
  const log = {
    ...parts.record.log,
    commit: (set: Parameters<typeof commit>[0]) => {
      sizes.push(set.rows.find(({ table }) => table === 'representation')?.rows.length ?? 0)
      return commit(set)
    }
  }
  await changePartner({ ...parts, record: { ...parts.record, log } }, partner().clientId, { onBehalfOf: { add: all } })
  t.equal(partner().onBehalfOf!.length, 3002)
  t.equal(Math.max(...sizes), 50)
  t.equal(parts.partners.version(partner().clientId) - before, 60)
  const last = actingAs(platform, all.at(-1)!.identifier)
  t.equal((await last.get('/fhir/EpisodeOfCare')).status, 200)
  t.same(await openCase(last, case1).then(known => typeof known.id), 'string')
})
