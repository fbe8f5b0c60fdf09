import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import type { ClientRole } from '../../../src/document/role.ts'
import { startGateway } from '../../parties/gateway.ts'
import { PersonParty } from '../../parties/person.ts'
import { register } from '../../parties/register.ts'
import { deposit, expectStatus, liveDocument, refusalOf, release, releaseConsent, search } from '../../parties/story.ts'
import { childEnvironment } from '../../sizes.ts'
import { asParty, closePeople, personCase, type Who } from './setting.ts'

let ahead = 0
const running = await startGateway({ now: () => Date.now() + ahead })
const { town, person, atHr, atWorker, atHospital } = await personCase(running, case1)
const operator = await register(running, {
  role: 'operator',
  organization: { name: '運営', identifier: { system: 'https://operator.example/organization', value: 'operator-1' } }
})
const people: { close(): Promise<void> }[] = [person, operator, ...Object.values(town)]
t.teardown(async () => {
  await closePeople(people)
  await running.stop()
})

interface Invited {
  readonly account: string
  readonly invitation: string
}
const invite = (clientId: string, body: object) =>
  operator.post<Invited>(`/api/v1/partners/${clientId}/invitations`, body)

async function staff(clientId: string, role: ClientRole, name: string) {
  const invited = expectStatus(await invite(clientId, { role, name }), 201).body
  const browser = new PersonParty(running.baseUrl)
  people.push(browser)
  const who = expectStatus(await browser.register(invited.invitation), 201).body as Who & { name: string }
  return { browser, who, invited }
}

t.test('staff log in by passkey, for one organisation and one role, and read as that person', async t => {
  expectStatus(await deposit(town.hospital, liveDocument(case1, 'opinion-continuation', atHospital)), 201)
  await release(asParty(person), {
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.ohp.file.party],
    kinds: ['opinion-continuation'],
    classes: 'all'
  })
  const { browser, who } = await staff(town.ohp.file.clientId, 'employer-ohp', '産業 医子')
  t.match(who, { role: 'employer-ohp', name: '産業 医子', party: town.ohp.file.party, cases: [], notices: [] })
  const found = await search(asParty(browser), atHr.subject)
  t.equal(found.length, 1, 'what was released to 産業医')
  const log = await person.get(`/fhir/AuditEvent?patient.identifier=${atWorker.subject}&subtype=document-search`)
  t.ok(log.status === 400 || log.text.includes('産業 医子'))

  const { browser: clerk } = await staff(town.hr.file.clientId, 'employer-hr', '人事 花子')
  t.same(await search(asParty(clerk), atHr.subject), [], 'and not to HR of the same employer')
  const unknown = await clerk.session('POST', '/session/token', { purpose: 'billing-provision' })
  t.equal(refusalOf(unknown), 'acting-ambiguous', 'a purpose that the account does not have')
})

t.test('a session of a staff member ends after a quarter of an hour unused', async t => {
  const { browser } = await staff(town.hr.file.clientId, 'employer-hr', '人事 次郎')
  ahead += 14 * 60_000
  t.equal((await browser.session('GET', '/session')).status, 200)
  ahead += 15 * 60_000
  t.equal((await browser.session('GET', '/session')).status, 401)
  ahead = 0
})

t.test('an account has a role that its organisation may have, and workers are invited by nobody', async t => {
  const client = town.hr.file.clientId
  for (const [role, status] of [
    ['employer-ohp', 201],
    ['supervisor', 201],
    ['auditor', 201],
    ['hospital', 403],
    ['coordinator', 403],
    ['operator', 403]
  ] as const) {
    t.equal((await invite(client, { role, name: '誰か' })).status, status, role)
  }
  t.equal((await invite(client, { role: 'worker', name: '誰か' })).status, 400)
  t.equal((await invite('nobody', { role: 'auditor', name: '誰か' })).status, 404)
  t.equal((await invite(client, { name: '役割なし' })).status, 400)
  const { account } = (await person.session<Who>('GET', '/session')).body
  t.equal(refusalOf(await invite(account, {})), 'role-not-allowed', 'nor recovered by the operator')
  t.equal(refusalOf(await invite(client, {})), 'not-found', 'a client has no passkey to lose')
  const keyed = await operator.call('PATCH', `/api/v1/partners/${account}`, {
    body: { jwks: { keys: [] }, jwksUri: 'https://keys.example/jwks' }
  })
  t.ok(keyed.status === 403 || keyed.status === 400, 'nor given keys by which somebody could act as the worker')
})

t.test('who lost every passkey is invited anew: the old ones end at once, and it is recorded', async t => {
  const { browser, invited } = await staff(town.hospital.file.clientId, 'auditor', '監査 太郎')
  t.equal((await browser.get('/fhir/AuditEvent')).status < 500, true)
  const again = expectStatus(await invite(invited.account, {}), 201).body
  t.equal(again.account, invited.account)
  t.equal((await browser.session('GET', '/session')).status, 401)
  t.equal((await browser.login()).status, 401)
  const fresh = new PersonParty(running.baseUrl)
  people.push(fresh)
  expectStatus(await fresh.register(again.invitation), 201)
  t.equal(refusalOf(await fresh.register(again.invitation)), 'code-invalid')
  const who = (await fresh.session<Who>('GET', '/session')).body
  t.match(who, { account: invited.account, role: 'auditor' })
})

t.test('the same by the command line, beside the running gateway', async t => {
  const env = { ...childEnvironment(), RYORITSU_HOME: running.home }
  const ryoritsu = join(import.meta.dirname, '../../../src/ryoritsu.ts')
  const run = (...args: string[]) =>
    JSON.parse(
      execFileSync(process.execPath, [ryoritsu, 'partner', 'invite', ...args, '--json'], { env, encoding: 'utf8' })
    )
  const invited = run(town.hospital.file.clientId, 'hospital', '受付 一郎') as Invited
  const browser = new PersonParty(running.baseUrl)
  people.push(browser)
  expectStatus(await browser.register(invited.invitation), 201)
  const again = run(invited.account) as Invited
  t.equal((await browser.session('GET', '/session')).status, 401)
  expectStatus(await browser.register(again.invitation), 201)
})

t.test('a release by a person needs a proof of the last five minutes', async t => {
  const consent = releaseConsent({
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.hr.file.party],
    kinds: ['opinion-continuation'],
    classes: ['work-restriction']
  })
  expectStatus(await person.login(), 200)
  ahead = 5 * 60_000 + 1000
  const late = await person.post('/fhir/Consent', consent)
  t.equal(late.status, 403)
  t.equal(refusalOf(late), 'step-up-needed')
  const add = await person.session('GET', '/session/passkeys/options')
  t.equal(refusalOf(add), 'step-up-needed')
  const [permit] = consent.provision!.provision!
  const deny = { ...consent, provision: { ...consent.provision, provision: [{ ...permit!, type: 'deny' as const }] } }
  expectStatus(await person.post('/fhir/Consent', deny), 201)
  expectStatus(await person.stepUp(), 200)
  expectStatus(await person.post('/fhir/Consent', consent), 201)
})
