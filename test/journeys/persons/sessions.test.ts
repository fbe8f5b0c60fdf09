import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { as, type ClientId } from '../../../src/document/ids.ts'
import { disablePartner } from '../../../src/journeys/partner/change-partner.ts'
import { Authenticator } from '../../parties/authenticator.ts'
import { startGateway } from '../../parties/gateway.ts'
import { fromOwnPage, PersonParty } from '../../parties/person.ts'
import { expectStatus, openCase, refusalOf } from '../../parties/story.ts'
import { closePeople, personCase, type Who } from './setting.ts'

let ahead = 0
const now = () => Date.now() + ahead
const running = await startGateway({ now })
/** on the same store, as a second process would be */
const second = await startGateway({ home: running.home, now, publicUrl: running.baseUrl })
const { person, town, story } = await personCase(running, case1)
const people = [person]
// all at the beginning: the tokens of HR's system go by the true clock
const invitations: string[] = []
for (let count = 0; count < 12; count++) invitations.push((await openCase(town.hr, story)).invitation!)
t.teardown(async () => {
  await closePeople([...people, ...Object.values(town)])
  await second.stop()
  await running.stop()
})

/** What failed above stands against nobody any more. */
const forgetFailures = () => {
  ahead += 10 * 60_000
}

/** Another worker, with a phone and a case of their own. */
async function another(): Promise<PersonParty> {
  const made = new PersonParty(running.baseUrl)
  people.push(made)
  expectStatus(await made.register(invitations.pop()!), 201)
  return made
}

t.test('a cookie that was stolen is worth nothing after the logout, nor is a token from before', async t => {
  expectStatus(await person.login(), 200)
  const { cookie } = person
  const token = await person.token()
  const withToken = () =>
    person.send('GET', '/api/v1/cases', { headers: { authorization: `Bearer ${token}` }, cookie: '' })
  t.equal((await withToken()).status, 200)
  t.equal(
    (await person.session('GET', '/session', undefined, { at: second.baseUrl })).status,
    200,
    'the other knows it'
  )
  const out = expectStatus(await person.session('POST', '/session/logout'), 200)
  t.match(String(out.headers['set-cookie']), /Max-Age=0/u)
  t.equal(person.cookie, '')
  for (const at of [running.baseUrl, second.baseUrl]) {
    t.equal((await person.session('GET', '/session', undefined, { cookie, at })).status, 401)
    t.equal((await person.session('POST', '/session/token', {}, { cookie, at })).status, 401)
  }
  t.equal((await withToken()).status, 401)
})

t.test('a cookie that somebody planted does not become a session, and ends where it was one', async t => {
  const planted = `ryoritsu=${Buffer.alloc(32, 7).toString('base64url')}`
  const victim = await another()
  expectStatus(await victim.login(undefined, undefined, { cookie: planted }), 200)
  t.not(victim.cookie, planted)
  t.equal((await victim.session('GET', '/session', undefined, { cookie: planted })).status, 401)

  const { cookie: attackers } = await another()
  expectStatus(await victim.login(undefined, undefined, { cookie: attackers }), 200)
  t.equal((await victim.session('GET', '/session', undefined, { cookie: attackers })).status, 401)
})

t.test('nothing that another site makes a browser send has any effect', async t => {
  expectStatus(await person.login(), 200)
  const forged: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a form', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a script without leave', { ...fromOwnPage('https://evil.example'), 'sec-fetch-site': 'cross-site' }],
    ['a sandboxed frame', { ...fromOwnPage('null'), 'sec-fetch-site': 'cross-site' }],
    ['a subdomain', { ...fromOwnPage(running.baseUrl), 'sec-fetch-site': 'same-site' }],
    ['no origin', { 'x-ryoritsu-session': '1' }]
  ]
  for (const [title, headers] of forged) {
    for (const path of ['/session/logout', '/session/token', '/session/step-up']) {
      const answered = await person.send('POST', path, {
        headers: { ...headers, 'content-type': 'application/json' },
        body: {}
      })
      t.equal(answered.status, 401, `${title}: ${path}`)
      t.equal(answered.headers['access-control-allow-origin'], undefined)
    }
    const options = await person.session('GET', '/session/login/options')
    const body = { response: person.device.get(options.body as object) }
    const login = await person.send('POST', '/session/login', {
      headers: { ...headers, 'content-type': 'application/json' },
      body
    })
    t.equal(login.status, 401, `${title}: login`)
    t.equal(login.headers['set-cookie'], undefined)
  }
  t.equal((await person.session('GET', '/session')).status, 200, 'it is still there')
  for (const path of ['/fhir/EpisodeOfCare', '/api/v1/cases']) {
    t.equal((await person.session('GET', path)).status, 401, `${path} takes no cookie`)
  }
  const preflight = await person.send('OPTIONS', '/session/token', {
    headers: { origin: 'https://evil.example', 'access-control-request-headers': 'x-ryoritsu-session' }
  })
  t.equal(preflight.status, 405)
})

t.test('an answer of a passkey is good once, on whichever gateway', async t => {
  const options = (await person.session('GET', '/session/login/options')).body as object
  const body = { response: person.device.get(options) }
  const answers = await Promise.all(
    [running, second, running, second].map(({ baseUrl }) =>
      person.session('POST', '/session/login', body, { at: baseUrl })
    )
  )
  t.same(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
  t.equal((await person.session('POST', '/session/login', body)).status, 401, 'nor later')

  // a copied passkey counts nothing: there the challenge alone keeps it to one use
  const synced = new PersonParty(running.baseUrl, new Authenticator(running.baseUrl, { isSynced: true }))
  people.push(synced)
  expectStatus(await synced.register(invitations.pop()!), 201)
  const asked = (await synced.session('GET', '/session/login/options', undefined, { at: second.baseUrl }))
    .body as object
  const response = synced.device.get(asked)
  t.equal((await synced.session('POST', '/session/login', { response })).status, 200, 'asked by the other gateway')
  t.equal((await synced.session('POST', '/session/login', { response }, { at: second.baseUrl })).status, 401)
})

t.test('what a challenge was given for, and to whom, it is good for alone', async t => {
  const other = await another()
  expectStatus(await person.login(), 200)
  const login = (await person.session('GET', '/session/login/options')).body as object
  const step = (await person.session('GET', '/session/step-up/options')).body as object
  const others = (await other.session('GET', '/session/step-up/options')).body as { challenge: string }
  const post = (path: string, response: object) => person.session('POST', path, { response })
  t.equal((await post('/session/step-up', person.device.get(login))).status, 401, 'a login is no step-up')
  t.equal((await post('/session/login', person.device.get(step))).status, 401, 'nor the other way round')
  const { challenge } = others
  t.equal((await post('/session/step-up', person.device.get(step, { challenge }))).status, 401, "another's session")
  t.equal((await post('/session/step-up', other.device.get(login))).status, 401, 'the passkey of somebody else')
  const mine = (await person.session('GET', '/session/step-up/options')).body as { challenge: string }
  const theirs = other.device.get({ rpId: new URL(running.baseUrl).hostname, challenge: mine.challenge })
  t.equal((await post('/session/step-up', theirs)).status, 401, "somebody else's passkey over my challenge")
  const before = ahead
  ahead += 5 * 60_000
  t.equal((await post('/session/login', person.device.get(login))).status, 401, 'older than five minutes')
  ahead = before
})

t.test('a login is refused for each thing that is wrong with it', async t => {
  forgetFailures()
  const other = await another()
  for (const behaviour of [
    { origin: 'https://evil.example' },
    { rpId: 'evil.example' },
    { isVerified: false },
    { isPresent: false },
    { crossOrigin: true }
  ]) {
    t.equal((await other.login(behaviour)).status, 401, JSON.stringify(behaviour))
  }
  const options = (await person.session('GET', '/session/login/options')).body as object
  const { id } = person.device.credentials[0]!
  const claimed = { ...other.device.get(options), id, rawId: id }
  t.equal((await person.session('POST', '/session/login', { response: claimed })).status, 401, 'in the name of another')
  const mixed = person.device.get(options)
  const handle = { ...mixed, response: { ...mixed.response, userHandle: other.device.credentials[0]!.userHandle } }
  t.equal((await person.session('POST', '/session/login', { response: handle })).status, 401, "another's handle")
  t.equal((await other.login()).status, 200, 'and then the true one')
})

t.test('a session ends after half an hour unused, and after twelve hours in any case', async t => {
  forgetFailures()
  const start = ahead
  expectStatus(await person.login(), 200)
  for (let minutes = 0; minutes < 11.5 * 60; minutes += 25) {
    ahead = start + minutes * 60_000
    const seen = await person.session('GET', '/session')
    if (seen.status !== 200) t.fail(`after ${minutes} minutes in use`)
  }
  const { cookie } = person
  ahead = start + 11.6 * 3_600_000
  const token = await person.token()
  ahead = start + 12 * 3_600_000
  t.equal((await person.session('GET', '/session')).status, 401)
  const late = { headers: { authorization: `Bearer ${token}` }, cookie: '' }
  t.equal((await person.send('GET', '/api/v1/cases', late)).status, 401)
  expectStatus(await person.login(), 200)
  ahead += 30 * 60_000
  t.equal((await person.session('GET', '/session')).status, 401)
  t.not(cookie, person.cookie)
})

t.test('a step-up makes another cookie, and keeps the absolute end', async t => {
  expectStatus(await person.login(), 200)
  const first = person.cookie
  const { end } = (await person.session<Who>('GET', '/session')).body
  ahead += 10 * 60_000
  const stepped = expectStatus(await person.stepUp(), 200).body as Who
  t.not(person.cookie, first)
  t.equal(stepped.end, end)
  t.ok(Date.parse(stepped.stepUpEnd) > now())
  t.equal((await person.session('GET', '/session', undefined, { cookie: first })).status, 401)
})

t.test('a person has five sessions at most: the one unused longest makes room', async t => {
  const cookies: string[] = []
  for (let count = 0; count < 6; count++) {
    person.cookie = ''
    ahead += 1000
    expectStatus(await person.login(), 200)
    cookies.push(person.cookie)
  }
  const statuses = []
  for (const cookie of cookies) {
    statuses.push((await person.session('GET', '/session', undefined, { cookie })).status)
  }
  t.same(statuses, [401, 200, 200, 200, 200, 200])
})

t.test('an account that is disabled has no session any more, on either gateway', async t => {
  const other = await another()
  const { account } = (await other.session<Who>('GET', '/session')).body
  const token = await other.token()
  await disablePartner(second.gateway.parts, as<ClientId>(account))
  t.equal((await other.session('GET', '/session')).status, 401)
  t.equal((await other.send('GET', '/api/v1/cases', { headers: { authorization: `Bearer ${token}` } })).status, 401)
  t.equal((await other.login(undefined, undefined, { at: second.baseUrl })).status, 401)
})

t.test('too many wrong attempts are refused unseen, on any gateway, and keep the right one out nowhere', async t => {
  const other = await another()
  const spare = invitations.pop()!
  const wrong = async (at?: string) => (await other.login({ isVerified: false }, undefined, at ? { at } : {})).status
  for (let count = 0; count < 10; count++) t.equal(await wrong(), 401)
  t.equal(await wrong(second.baseUrl), 429)
  const over = await other.login({ isVerified: false })
  t.ok(Number(over.headers['retry-after']) > 0)
  expectStatus(await other.login(undefined, undefined, { at: second.baseUrl }), 200)
  ahead += 10 * 60_000
  t.equal(await wrong(), 401, 'forgotten')

  const codes = []
  for (let count = 0; count < 62; count++) {
    const code = Buffer.alloc(16, count).toString('base64url')
    codes.push((await other.session('POST', '/session/registration/options', { code })).status)
  }
  t.same([codes.at(0), codes.at(-1)], [422, 429])
  expectStatus(await other.login(), 200)
  t.equal(
    refusalOf(await other.session('POST', '/session/registration/options', { code: 'A'.repeat(22) })),
    'rate-limited'
  )
  const right = new PersonParty(running.baseUrl)
  people.push(right)
  expectStatus(await right.register(spare), 201)
})

t.test('what a clock that ran a day ahead wrote locks nobody out, and keeps nobody in', async t => {
  const other = await another()
  const before = ahead
  ahead += 86_400_000
  for (let count = 0; count < 11; count++) await other.login({ isVerified: false })
  expectStatus(await other.login(), 200)
  ahead = before
  t.equal((await other.session('GET', '/session')).status, 401, 'a session that began tomorrow')
  t.equal((await other.login({ isVerified: false })).status, 401, 'failures of tomorrow count no more')
  expectStatus(await other.login(), 200)
})
