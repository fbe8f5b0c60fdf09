import t from 'tap'
import { type OpenIdSettings, openIdProvider } from '../../../src/adapters/openid/open-id-provider.ts'
import { guardedOutbound } from '../../../src/adapters/undici/guarded.ts'
import type { OpenIdLogin } from '../../../src/journeys/person/ports.ts'
import { startOpenIdProvider } from '../../parties/open-id-provider.ts'

const redirectUri = 'http://127.0.0.1:1/session/openid/mihon/callback'
const login: OpenIdLogin = {
  state: 'state-0123456789abcdef',
  nonce: 'nonce-0123456789abcdef',
  codeVerifier: 'verifier-0123456789abcdef0123456789abcdef0123456789abcdef',
  redirectUri,
  isAnew: false
}

t.test('staff at their own provider', async t => {
  const pretend = await startOpenIdProvider(redirectUri)
  const outbound = guardedOutbound([{ address: '127.0.0.0', prefix: 8 }])
  t.teardown(async () => {
    await pretend.stop()
    await outbound.close()
  })
  const settings: OpenIdSettings = {
    name: 'mihon',
    issuer: pretend.issuer,
    clientId: pretend.clientId,
    credential: { secret: pretend.clientSecret },
    organizations: ['organization-1'],
    idTokenAlgorithm: 'ES256',
    acrValues: ['two-factor']
  }
  const provider = openIdProvider(settings, outbound, Date.now)
  pretend.person = 'staff-7'

  t.test('who comes back with a code is named by issuer and subject', async t => {
    const away = (await provider.start(login))!
    t.equal(away.searchParams.get('code_challenge_method'), 'S256')
    t.notOk(away.href.includes(login.codeVerifier), 'the verifier stays here')
    const answer = await provider.finish(await pretend.logIn(away), login)
    t.match(answer, { kind: 'person', issuer: pretend.issuer, subject: 'staff-7' })
  })

  t.test('proves itself anew where that is asked for', async t => {
    const anew = { ...login, isAnew: true }
    const away = (await provider.start(anew))!
    t.equal(away.searchParams.get('prompt'), 'login')
    const before = Math.floor(Date.now() / 1000) * 1000
    const answer = await provider.finish(await pretend.logIn(away), anew)
    if (answer.kind !== 'person') return t.fail(answer.why)
    t.ok(answer.provenAt !== undefined && answer.provenAt >= before)
  })

  t.test('what came back altered, twice, or for another login is refused', async t => {
    const back = async () => pretend.logIn((await provider.start(login))!)
    const refused = async (name: string, cameBack: URL, of: OpenIdLogin = login) =>
      t.match(await provider.finish(cameBack, of), { kind: 'refused' }, name)
    const changed = (cameBack: URL, name: string, value: string) => {
      const url = new URL(cameBack)
      url.searchParams.set(name, value)
      return url
    }
    await refused('another state', await back(), { ...login, state: 'another-0123456789abcdef' })
    await refused('another nonce', await back(), { ...login, nonce: 'another-0123456789abcdef' })
    await refused('another verifier', await back(), { ...login, codeVerifier: `${login.codeVerifier}x` })
    await refused('another issuer (mix-up)', changed(await back(), 'iss', 'https://other.example'))
    await refused('another code', changed(await back(), 'code', 'x'))
    await refused('an error', new URL(`${redirectUri}?error=access_denied&state=${login.state}&iss=${pretend.issuer}`))
    const once = await back()
    t.match(await provider.finish(once, login), { kind: 'person' })
    await refused('the same code a second time', once)
  })

  t.test('a provider that did less than was asked for, or signs otherwise, is refused', async t => {
    const strict = openIdProvider({ ...settings, acrValues: ['smart-card'] }, outbound, Date.now)
    t.match(await strict.finish(await pretend.logIn((await strict.start(login))!), login), {
      kind: 'refused',
      why: 'acr'
    })
    const other = openIdProvider({ ...settings, idTokenAlgorithm: 'PS256' }, outbound, Date.now)
    t.match(await other.finish(await pretend.logIn((await other.start(login))!), login), { kind: 'refused' })
  })

  t.test('a provider that cannot be reached is asked again the next time', async t => {
    let isAway = true
    const shaky = {
      ...outbound,
      ask: (...asked: Parameters<typeof outbound.ask>) => (isAway ? Promise.resolve(undefined) : outbound.ask(...asked))
    }
    const distant = openIdProvider(settings, shaky, Date.now)
    t.equal(await distant.start(login), undefined)
    t.match(await distant.finish(new URL(redirectUri), login), { kind: 'unreachable' })
    isAway = false
    t.ok(await distant.start(login))
  })
})
