import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { case5 } from '../../../fixtures/cases/5-colitis-call-center.ts'
import { as, type ClientId } from '../../../src/document/ids.ts'
import { disablePartner } from '../../../src/journeys/partner/change-partner.ts'
import { inviteAgain, invitePerson } from '../../../src/journeys/person/invite-person.ts'
import { freePort, startGateway } from '../../parties/gateway.ts'
import { startOpenIdProvider } from '../../parties/open-id-provider.ts'
import type { Answered, Party } from '../../parties/party.ts'
import { PersonParty } from '../../parties/person.ts'
import { registerTown } from '../../parties/register.ts'
import { expectStatus, refusalOf } from '../../parties/story.ts'
import { closePeople, type Who } from './setting.ts'

const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-'))
const port = await freePort()
const baseUrl = `http://127.0.0.1:${port}`
const pretend = await startOpenIdProvider(`${baseUrl}/session/openid/mihon/callback`)
const employer = case1.employer.identifier
const file = join(folder, 'openid.json')
const provider = {
  name: 'mihon',
  issuer: pretend.issuer,
  clientId: pretend.clientId,
  clientSecretFile: 'secret',
  organizations: [`${employer.system}|${employer.value}`],
  idTokenAlgorithm: 'ES256',
  acrValues: ['two-factor']
}
writeFileSync(join(folder, 'secret'), pretend.clientSecret, { mode: 0o600 })
writeFileSync(file, JSON.stringify({ providers: [provider] }))
let ahead = 0
const running = await startGateway({ port, env: { RYORITSU_OPENID_FILE: file }, now: () => Date.now() + ahead })
const town = await registerTown(running, case1)
const elsewhere = await registerTown(running, case5)
const people: PersonParty[] = []
t.teardown(async () => {
  await closePeople([...people, ...Object.values(town), ...Object.values(elsewhere)])
  await running.stop()
  await pretend.stop()
  rmSync(folder, { recursive: true })
})

const { parts } = running.gateway
const invited = (party: Party, role: 'employer-hr' | 'employer-ohp' | 'auditor' | 'hospital') =>
  invitePerson(parts, {
    client: as<ClientId>(party.file.clientId),
    role,
    name: '人事 花子',
    purposes: role === 'auditor' ? [] : ['support-consideration']
  })

/** Somebody with a browser that was never here. */
function browser(): PersonParty {
  const made = new PersonParty(baseUrl)
  people.push(made)
  return made
}

interface Leaving {
  readonly code?: string
  readonly stepUp?: boolean
}

const leave = (person: PersonParty, leaving: Leaving): Promise<Answered<{ location: string }>> =>
  person.session('POST', '/session/openid/mihon', leaving)

/** The whole way: to the provider, and back with what it says; the cookie of the session is kept as a browser would. */
async function logIn(person: PersonParty, subject: string, leaving: Leaving = {}): Promise<Answered<Who>> {
  const left = expectStatus(await leave(person, leaving), 200)
  pretend.person = subject
  const back = await pretend.logIn(new URL(left.body.location))
  return comeBack(person, back, person.cookie)
}

const comeBack = (person: PersonParty, back: URL, cookie: string): Promise<Answered<Who>> =>
  person.send<Who>('GET', `${back.pathname}${back.search}`, { cookie })

t.test('staff who were invited log in at their own provider, from then on without the invitation', async t => {
  const { account, invitation } = await invited(town.hr, 'employer-hr')
  const person = browser()
  const first = expectStatus(await logIn(person, 'hanako', { code: invitation }), 200)
  t.match(first.body, { account, role: 'employer-hr', party: town.hr.file.party })
  t.match(String(first.headers['set-cookie']), /HttpOnly; SameSite=Strict/u)
  t.equal((await person.get('/api/v1/cases')).status, 200, 'with a token for its session')
  const other = browser()
  t.match(expectStatus(await logIn(other, 'hanako'), 200).body, { account })
  t.equal(refusalOf(await logIn(browser(), 'jiro', { code: invitation })), 'code-invalid', 'the invitation is used up')
  t.equal((await logIn(browser(), 'jiro')).status, 401, 'who was never invited')
})

t.test('a fresh proof is asked for at the provider, and the session goes on under another token', async t => {
  const { invitation } = await invited(town.hr, 'employer-hr')
  const person = browser()
  expectStatus(await logIn(person, 'kazuko', { code: invitation }), 200)
  const { cookie } = person
  ahead += 6 * 60_000
  const before = expectStatus(await person.session<Who>('GET', '/session'), 200).body
  t.ok(Date.parse(before.stepUpEnd) < Date.now() + ahead)
  ahead -= 6 * 60_000
  const left = expectStatus(await leave(person, { stepUp: true }), 200)
  t.equal(new URL(left.body.location).searchParams.get('max_age'), '0')
  const login = person.cookie
  pretend.person = 'kazuko'
  const back = await pretend.logIn(new URL(left.body.location))
  t.equal((await comeBack(person, back, login)).status, 200)
  t.equal((await person.session('GET', '/session', undefined, { cookie })).status, 401, 'the old token is over')
  t.equal((await person.session('GET', '/session')).status, 200)
  t.equal((await leave(browser(), { stepUp: true })).status, 401, 'nobody steps up in no session')
})

t.test('somebody else at the provider steps up in nobody’s session', async t => {
  const one = browser()
  expectStatus(await logIn(one, 'ichiro', { code: (await invited(town.hr, 'employer-hr')).invitation }), 200)
  expectStatus(await logIn(browser(), 'niro', { code: (await invited(town.hr, 'employer-hr')).invitation }), 200)
  t.equal((await logIn(one, 'niro', { stepUp: true })).status, 401)
})

t.test('a provider opens accounts of its own organisation alone, and none of workers, auditors and 産業医', async t => {
  for (const [party, role] of [
    [elsewhere.hr, 'employer-hr'],
    [town.hospital, 'hospital'],
    [town.employerAuditor, 'auditor'],
    // the employer runs the provider, and must not be able to read as its 産業医
    [town.ohp, 'employer-ohp']
  ] as const) {
    const { invitation } = await invited(party, role)
    const answered = await logIn(browser(), `somebody-${role}`, { code: invitation })
    t.equal(answered.status, 401, role)
  }
  const opened = await town.hr.post<{ invitation: string }>('/api/v1/cases', {
    kind: case1.kind,
    workerName: case1.worker.name,
    workerKana: case1.worker.kana,
    birthDate: case1.worker.birthDate,
    localIdentifier: { system: 'https://employer.example/staff', value: '1' }
  })
  const { invitation } = expectStatus(opened, 201).body
  t.equal(refusalOf(await logIn(browser(), 'not the worker', { code: invitation })), 'code-invalid')
})

t.test('what comes back to another browser, twice, altered or late opens nothing', async t => {
  const { invitation } = await invited(town.hr, 'employer-hr')
  const person = browser()
  expectStatus(await logIn(person, 'saburo', { code: invitation }), 200)
  const away = async (from: PersonParty) => {
    const left = expectStatus(await leave(from, {}), 200)
    const cookie = from.cookie
    pretend.person = 'saburo'
    return { back: await pretend.logIn(new URL(left.body.location)), cookie }
  }
  const here = await away(browser())
  const there = await away(browser())
  t.equal((await comeBack(browser(), here.back, '')).status, 401, 'a browser that never left')
  t.equal((await comeBack(browser(), here.back, there.cookie)).status, 401, 'a browser that left another time')
  const forged = `${here.cookie.slice(0, -4)}AAAA`
  t.equal((await comeBack(browser(), here.back, forged)).status, 401, 'a cookie that we did not seal')
  t.equal((await comeBack(browser(), there.back, there.cookie)).status, 200)
  t.equal((await comeBack(browser(), there.back, there.cookie)).status, 401, 'twice')
  const late = await away(browser())
  ahead += 11 * 60_000
  t.equal((await comeBack(browser(), late.back, late.cookie)).status, 401, 'after ten minutes')
  ahead -= 11 * 60_000
  const unknown = await person.session('POST', '/session/openid/nobody', {})
  t.equal(unknown.status, 404)
  const elsewhereSent = await person.send('POST', '/session/openid/mihon', {
    body: {},
    headers: { 'content-type': 'application/json', origin: 'https://evil.example', 'x-ryoritsu-session': '1' }
  })
  t.equal(elsewhereSent.status, 401, 'no other site begins a login')
})

t.test('disabling, and a new invitation, end what the provider could open', async t => {
  const { account, invitation } = await invited(town.hr, 'employer-hr')
  const person = browser()
  expectStatus(await logIn(person, 'shiro', { code: invitation }), 200)
  const again = await inviteAgain(parts, account)
  t.equal((await person.session('GET', '/session')).status, 401)
  t.equal((await logIn(browser(), 'shiro')).status, 401, 'bound no more')
  const anew = browser()
  expectStatus(await logIn(anew, 'shiro', { code: again.invitation }), 200)
  await disablePartner(parts, account)
  t.equal((await anew.session('GET', '/session')).status, 401)
  t.equal((await logIn(browser(), 'shiro')).status, 401)
})

t.test('what strangers on the network try keeps nobody out who comes back with our cookie', async t => {
  const { invitation } = await invited(town.hr, 'employer-hr')
  const bare = () => browser().send('GET', '/session/openid/mihon/callback?code=x&state=y', { cookie: '' })
  let last = await bare()
  for (let count = 0; count < 60; count++) last = await bare()
  t.equal(last.status, 429)
  t.equal((await logIn(browser(), 'goro', { code: invitation })).status, 200)
})
