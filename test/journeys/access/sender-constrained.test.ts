import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt, importJWK } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import t, { type Test } from 'tap'
import { Agent, request, fetch as undiciFetch } from 'undici'
import { cases } from '../../../fixtures/cases/cases.ts'
import { as } from '../../../src/document/ids.ts'
import { changePartner } from '../../../src/journeys/partner/change-partner.ts'
import { certify } from '../../parties/certificates.ts'
import { DpopKey, type Proving } from '../../parties/dpop-key.ts'
import { freePort, startGateway } from '../../parties/gateway.ts'
import { startGatewayProcess } from '../../parties/gateway-process.ts'
import type { Party } from '../../parties/party.ts'
import { register } from '../../parties/register.ts'

const [{ hospital }] = cases as unknown as [(typeof cases)[number]]
const folder = t.testdir()
const proxyAddress = '127.0.0.2'

// two gateways on one store under one address: one here, one in a process of its own
const home = join(folder, 'home')
const running = await startGateway({ home })
const { baseUrl } = running
const otherPort = await freePort()
const other = await startGatewayProcess({
  home,
  port: otherPort,
  logFile: join(folder, 'other.log'),
  env: { RYORITSU_BASE_URL: baseUrl }
})
const otherUrl = `http://127.0.0.1:${otherPort}`

// one that speaks TLS, and trusts a proxy
const server = await certify({ name: 'gateway' })
writeFileSync(join(folder, 'tls.key'), server.key, { mode: 0o600 })
writeFileSync(join(folder, 'tls.pem'), server.cert)
const tlsEnv = {
  RYORITSU_TLS_KEY_FILE: join(folder, 'tls.key'),
  RYORITSU_TLS_CERT_FILE: join(folder, 'tls.pem'),
  RYORITSU_TRUSTED_PROXIES: `${proxyAddress}/32`
}
const secure = await startGateway({ env: tlsEnv })

const agents: Agent[] = []
const agent = (connect: object = {}, from: { readonly localAddress?: string } = {}) => {
  const made = new Agent({ connect: { ca: server.cert, ...connect }, keepAliveTimeout: 1000, ...from })
  agents.push(made)
  return made
}
t.teardown(async () => {
  await Promise.all(agents.map(each => each.close()))
  await Promise.all([running.stop(), secure.stop(), other.stop()])
})

t.setTimeout(240_000)

const path = '/fhir/EpisodeOfCare'
const seconds = () => Math.floor(Date.now() / 1000)

interface Said {
  readonly status: number
  readonly challenge: string
  readonly nonce: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

/** @param headers names and values in turn, so that one may come twice */
async function send(url: string, headers: readonly string[] = [], body?: string, dispatcher = agent()): Promise<Said> {
  const answer = await request(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: [...headers],
    dispatcher,
    ...(body !== undefined && { body })
  })
  const { 'www-authenticate': challenge = '', 'dpop-nonce': nonce } = answer.headers
  return {
    status: answer.statusCode,
    challenge: String(challenge),
    nonce: nonce as string | undefined,
    body: JSON.parse(await answer.body.text())
  }
}

async function ask(
  party: Party,
  headers: readonly string[] = [],
  { at = party.file.issuer, dispatcher = agent() } = {}
) {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await party.assertion(),
    scope: party.file.scope
  })
  const type = ['content-type', 'application/x-www-form-urlencoded']
  return send(`${at}/oauth2/token`, [...type, ...headers], form.toString(), dispatcher)
}

async function nonceOf(party: Party, key = new DpopKey()): Promise<string> {
  const { body, nonce } = await ask(party, ['DPoP', proofForToken(party, key, {})])
  if (body.error !== 'use_dpop_nonce' || nonce === undefined) throw new Error(JSON.stringify(body))
  return nonce
}

const proofForToken = (party: Party, key: DpopKey, change: Partial<Proving>) =>
  key.prove({ method: 'POST', uri: party.file.tokenEndpoint, at: seconds(), ...change })

/** A token that is bound to a key, and what its holder needs to use it. */
async function bound(party: Party, key = new DpopKey()) {
  const nonce = await nonceOf(party, key)
  const { status, body } = await ask(party, ['DPoP', proofForToken(party, key, { nonce })])
  if (status !== 200) throw new Error(JSON.stringify(body))
  const token = body.access_token as string
  const usual = { method: 'GET', uri: `${party.file.issuer}${path}`, nonce, token }
  const prove = (change: Partial<Proving> = {}, by = key) => by.prove({ ...usual, at: seconds(), ...change })
  return { key, nonce, token, type: body.token_type, prove }
}

const hospitalWith = (more: { dpop?: boolean; certificateThumbprint?: string } = {}, at = running) =>
  register(at, { role: 'hospital', organization: hospital, person: { id: 'd1', name: '架空 医子' }, ...more })

const plain = await hospitalWith()
const dpop = await hospitalWith({ dpop: true })

const fetchBy = (dispatcher: Agent) => (url: string, options: object) =>
  undiciFetch(url, { ...options, dispatcher } as Parameters<typeof undiciFetch>[1]) as unknown as Promise<Response>

/** As the documentation of oauth4webapi has it. */
async function withOauth4webapi(party: Party, dispatcher: Agent, usesDpop: boolean) {
  const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: fetchBy(dispatcher) }
  const issuer = new URL(party.file.issuer)
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
  const as = await oauth.processDiscoveryResponse(issuer, discovered)
  const { privateJwk, clientId, scope } = party.file
  const us: oauth.Client = { client_id: clientId }
  const key = (await importJWK(privateJwk, privateJwk.alg)) as oauth.CryptoKey
  const auth = oauth.PrivateKeyJwt({ key, kid: privateJwk.kid })
  const proofs = usesDpop ? { DPoP: oauth.DPoP(us, await oauth.generateKeyPair('ES256')) } : {}
  const again = <Result>(work: () => Promise<Result>) =>
    work().catch(error => (oauth.isDPoPNonceError(error) ? work() : Promise.reject(error)))
  const granted = await again(async () =>
    oauth.processClientCredentialsResponse(
      as,
      us,
      await oauth.clientCredentialsGrantRequest(as, us, auth, { scope }, { ...options, ...proofs })
    )
  )
  const url = new URL(path, party.file.issuer)
  const answer = await again(() =>
    oauth.protectedResourceRequest(granted.access_token, 'GET', url, undefined, undefined, { ...options, ...proofs })
  )
  const asked = await oauth.introspectionRequest(as, us, auth, granted.access_token, options)
  const told = await oauth.processIntrospectionResponse(as, us, asked)
  return { as, granted, status: answer.status, told }
}

async function withOpenidClient(party: Party, dispatcher: Agent, usesDpop: boolean) {
  const { privateJwk, clientId, scope, issuer } = party.file
  const key = (await importJWK(privateJwk, privateJwk.alg)) as client.CryptoKey
  const auth = client.PrivateKeyJwt({ key, kid: privateJwk.kid })
  const config = await client.discovery(new URL(issuer), clientId, undefined, auth, {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
    [client.customFetch]: fetchBy(dispatcher)
  })
  const proofs = usesDpop ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair()) } : {}
  const granted = await client.clientCredentialsGrant(config, { scope }, proofs)
  const url = new URL(path, issuer)
  const { access_token: token } = granted
  const answer = await client.fetchProtectedResource(config, token, url, 'GET', undefined, undefined, proofs)
  const told = await client.tokenIntrospection(config, token)
  return { as: config.serverMetadata(), granted, status: answer.status, told }
}

const libraries = { oauth4webapi: withOauth4webapi, 'openid-client': withOpenidClient }

for (const [name, library] of Object.entries(libraries)) {
  t.test(`${name} gets a token and calls: with a key alone, with DPoP, with a TLS certificate, with both`, async t => {
    const bare = await library(plain, agent(), false)
    t.match(bare, { status: 200, granted: { token_type: 'bearer' }, told: { active: true, token_type: 'bearer' } })
    t.notOk('cnf' in decodeJwt(bare.granted.access_token))
    t.match(bare.as.dpop_signing_alg_values_supported, ['ES256', 'ES384', 'PS256', 'EdDSA'])
    t.notOk('tls_client_certificate_bound_access_tokens' in bare.as)

    for (const party of [dpop, plain]) {
      const proven = await library(party, agent(), true)
      t.match(proven, { status: 200, granted: { token_type: 'dpop' }, told: { active: true, token_type: 'DPoP' } })
      t.match(proven.told.cnf, decodeJwt(proven.granted.access_token).cnf as object)
      t.match(decodeJwt(proven.granted.access_token).cnf, { jkt: /^[\w-]{43}$/ })
    }

    const own = await certify({ name: 'client' })
    const { thumbprint: certificateThumbprint, cert, key } = own
    const certified = await hospitalWith({ certificateThumbprint }, secure)
    const shown = await library(certified, agent({ cert, key }), false)
    t.match(shown, { status: 200, granted: { token_type: 'bearer' } })
    t.match(shown.as, { tls_client_certificate_bound_access_tokens: true })
    t.same(decodeJwt(shown.granted.access_token).cnf, { 'x5t#S256': certificateThumbprint })

    const twice = await hospitalWith({ certificateThumbprint, dpop: true }, secure)
    const both = await library(twice, agent({ cert, key }), true)
    t.match(both, { status: 200, granted: { token_type: 'dpop' } })
    t.same(Object.keys(decodeJwt(both.granted.access_token).cnf as object), ['jkt', 'x5t#S256'])
  })
}

async function refused(t: Test, what: string, said: Promise<Said>, challenge: RegExp) {
  const { status, challenge: given, body } = await said
  t.equal(status, 401, what)
  t.match(given, challenge, what)
  t.match(
    body,
    { resourceType: 'OperationOutcome', issue: [{ details: { coding: [{ code: 'unauthorized' }] } }] },
    what
  )
}

const badProof = /^DPoP error="invalid_dpop_proof", error_description="[^"]+", algs="ES256 ES384 PS256 EdDSA", Bearer$/
const badToken = /^DPoP error="invalid_token", algs="[\w ]+", Bearer$/
const badBearer = /^Bearer error="invalid_token", DPoP algs="[\w ]+"$/

t.test('a token that was stolen is of no use without its key', async t => {
  const { token, prove, nonce, key, type } = await bound(dpop)
  t.equal(type, 'DPoP')
  const url = `${baseUrl}${path}`
  const asDpop = (proof: string) => send(url, ['authorization', `DPoP ${token}`, 'dpop', proof])
  t.equal((await asDpop(prove())).status, 200)
  t.equal((await send(url, ['Authorization', `dpop ${token}`, 'DPoP', prove()])).status, 200, 'schemes have no case')

  await refused(t, 'as a bearer token', send(url, ['authorization', `Bearer ${token}`]), badBearer)
  await refused(
    t,
    'as a bearer token, with a proof',
    send(url, ['authorization', `Bearer ${token}`, 'dpop', prove()]),
    badBearer
  )
  await refused(t, 'without a proof', send(url, ['authorization', `DPoP ${token}`]), badProof)
  await refused(t, "with another key's proof", asDpop(prove({}, new DpopKey())), badToken)
  const theirs = new DpopKey()
  await refused(
    t,
    'with a proof of another key for this one',
    asDpop(prove({ header: { jwk: key.publicJwk } }, theirs)),
    badProof
  )
  const plainToken = await plain.token()
  const mixed = ['authorization', `DPoP ${plainToken}`, 'dpop', prove({ token: plainToken })]
  await refused(t, 'a plain token as if it were bound', send(url, mixed), badToken)
  t.equal((await send(url, ['authorization', `Bearer ${plainToken}`])).status, 200)
  t.ok(nonce)
})

t.test('a proof is for one call, with one token, now', async t => {
  const { token, prove, nonce, key } = await bound(dpop)
  const asDpop = (proof: string) => send(`${baseUrl}${path}`, ['authorization', `DPoP ${token}`, 'dpop', proof])
  const second = await bound(dpop, key)
  const wrong: Readonly<Record<string, Partial<Proving>>> = {
    'another method': { method: 'POST' },
    'another address': { uri: `${baseUrl}/fhir/Bundle` },
    'another gateway': { uri: `${secure.baseUrl}${path}` },
    'the address of the process behind': { uri: `${otherUrl}${path}` },
    'another token': { token: second.token },
    'no token': { token: undefined },
    'two minutes ago': { at: seconds() - 121 },
    'in two minutes': { at: seconds() + 120 },
    'a private key in it': { header: { jwk: key.privateJwk } },
    'another type': { header: { typ: 'JWT' } },
    'no algorithm': { header: { alg: 'none' }, by: () => new Uint8Array() },
    'a symmetric algorithm': { header: { alg: 'HS256' } },
    'a large key': { header: { jwk: { ...key.publicJwk, padding: 'x'.repeat(4000) } } }
  }
  for (const [what, change] of Object.entries(wrong)) await refused(t, what, asDpop(prove(change)), badProof)
  const url = `${baseUrl}${path}`
  const twice = ['dpop', prove(), 'dpop', prove()]
  await refused(t, 'two proofs', send(url, ['authorization', `DPoP ${token}`, ...twice]), badProof)
  const tokens = ['authorization', `DPoP ${token}`, 'authorization', `DPoP ${second.token}`, 'dpop', prove()]
  await refused(t, 'two tokens', send(url, tokens), /^DPoP error="invalid_request"/)
  const inAddress = ['authorization', `DPoP ${token}`, 'dpop', prove()]
  await refused(
    t,
    'one more in the address',
    send(`${url}?access_token=${token}`, inAddress),
    /error="invalid_request"/
  )
  await refused(
    t,
    'one in the address alone',
    send(`${url}?access_token=${await plain.token()}`),
    /^Bearer, DPoP algs=/
  )
  t.equal((await asDpop(prove({ uri: `${baseUrl}${path}?ignored#too` }))).status, 200)
  t.ok(nonce)
})

t.test('a proof is used once, whichever gateway of the store sees it first', async t => {
  const { token, prove, key } = await bound(dpop)
  const at = (url: string, proof: string) => send(`${url}${path}`, ['authorization', `DPoP ${token}`, 'dpop', proof])
  const [first, second, third] = [prove(), prove(), prove()]
  t.equal((await at(baseUrl, first)).status, 200)
  await refused(t, 'again', at(baseUrl, first), badProof)
  await refused(t, 'again, in the other process', at(otherUrl, first), badProof)
  t.equal((await at(otherUrl, second)).status, 200, 'nonce and token are of one gateway, the call of another')
  await refused(t, 'and back', at(baseUrl, second), badProof)
  const race = await Promise.all([baseUrl, otherUrl, baseUrl, otherUrl].map(url => at(url, third)))
  t.same(race.map(({ status }) => status).sort(), [200, 401, 401, 401], 'at the same time')

  const nonce = await nonceOf(dpop, key)
  const forToken = proofForToken(dpop, key, { nonce })
  t.equal((await ask(dpop, ['dpop', forToken])).status, 200)
  for (const url of [baseUrl, otherUrl]) {
    const { status, body } = await ask(dpop, ['dpop', forToken], { at: url })
    t.equal(status, 400)
    t.match(body, { error: 'invalid_dpop_proof' }, 'with a fresh assertion')
  }
  await refused(t, 'a proof for a token, on a call', at(baseUrl, forToken), badProof)
})

t.test('a proof made beforehand is worth nothing: it needs a nonce of now', async t => {
  const { token, prove } = await bound(dpop)
  const at = (proof: string) => send(`${baseUrl}${path}`, ['authorization', `DPoP ${token}`, 'dpop', proof])
  const needed = /^DPoP error="use_dpop_nonce", error_description="[^"]+", algs="[\w ]+", Bearer$/
  const strange = await startGateway({ now: () => Date.now() - 10 * 60_000 })
  t.teardown(() => strange.stop())
  const theirs = strange.gateway.parts.record.keyring.mac('dpop-nonce', String(Math.floor(Date.now() / 60_000)))
  const ours = running.gateway.parts.record.keyring.mac('dpop-nonce', String(Math.floor(Date.now() / 60_000) - 5))
  for (const nonce of [undefined, 'guess', theirs, ours]) {
    const said = await at(prove({ nonce }))
    await refused(t, `${nonce}`, Promise.resolve(said), needed)
    t.equal((await at(prove({ nonce: said.nonce }))).status, 200, 'with the one that came with the refusal')
  }
  const good = await at(prove())
  t.equal((await at(prove({ nonce: good.nonce }))).status, 200, 'or with the answer before')
  const atToken = await ask(dpop, ['dpop', proofForToken(dpop, new DpopKey(), { nonce: theirs })])
  t.match(atToken, { status: 400, body: { error: 'use_dpop_nonce' } })
})

t.test('who is registered for DPoP gets no other token; who is not may still ask for one', async t => {
  t.match(await ask(dpop), { status: 400, body: { error: 'invalid_dpop_proof' }, nonce: undefined })
  const nonce = await nonceOf(dpop)
  const key = new DpopKey()
  const wrong: readonly Partial<Proving>[] = [
    { method: 'GET' },
    { uri: `${baseUrl}/oauth2/revoke` },
    { at: seconds() - 200 },
    { header: { jwk: key.privateJwk } },
    { header: { typ: 'at+jwt' } },
    { header: { alg: 'none' }, by: () => new Uint8Array() }
  ]
  for (const party of [dpop, plain]) {
    for (const change of wrong) {
      const said = await ask(party, ['dpop', proofForToken(party, key, { nonce, ...change })])
      t.match(said, { status: 400, body: { error: 'invalid_dpop_proof' } }, JSON.stringify(change))
    }
    const two = ['dpop', proofForToken(party, key, { nonce }), 'dpop', proofForToken(party, key, { nonce })]
    t.match(await ask(party, two), { status: 400, body: { error: 'invalid_dpop_proof' } })
  }
  const swapped = await ask(plain, ['dpop', await plain.assertion()])
  t.match(swapped, { status: 400, body: { error: 'invalid_dpop_proof' } }, 'an assertion is no proof')
  const { clientId, issuer } = plain.file
  const claims = { iss: clientId, sub: clientId, aud: issuer, exp: seconds() + 60 }
  const { status, body } = await plain.grant(proofForToken(plain, key, { nonce, claims }))
  t.match({ status, body }, { status: 401, body: { error: 'invalid_client' } }, 'and a proof no assertion')
  const records = await running.gateway.parts.audit.search(
    {
      organization: (await running.gateway.parts.partners.byClient(as(clientId)))?.organization,
      case: undefined,
      act: 'token-refuse',
      outcome: undefined,
      from: undefined,
      until: undefined
    },
    { beforeLeaf: undefined, limit: 100 }
  )
  const reasons = records.map(({ event }) => JSON.parse(Buffer.from(event).toString()).outcomeDesc)
  t.ok(reasons.includes('invalid_dpop_proof'), 'who was refused is on record')
  t.notOk(reasons.includes('use_dpop_nonce'), 'who was asked to come again is not')
  const { token, prove } = await bound(plain)
  t.equal((await send(`${baseUrl}${path}`, ['authorization', `DPoP ${token}`, 'dpop', prove()])).status, 200)
})

t.test('a client that is registered anew has to ask for a token that fits', async t => {
  const party = await hospitalWith()
  const { token } = await bound(party)
  const bearer = ['authorization', `Bearer ${await party.token()}`]
  const url = `${baseUrl}${path}`
  t.equal((await send(url, bearer)).status, 200)
  const change = (members: object) => changePartner(running.gateway.parts, as(party.file.clientId), members)
  await change({ dpop: true })
  await refused(t, 'a plain token of a client that is now bound to keys', send(url, bearer), badBearer)
  const nonce = await nonceOf(party)
  const key = new DpopKey()
  const stolen = ['authorization', `DPoP ${token}`, 'dpop']
  const proof = key.prove({ method: 'GET', uri: url, at: seconds(), nonce, token })
  await refused(t, 'and a bound one with another key', send(url, [...stolen, proof]), badToken)
  const { thumbprint: certificateThumbprint } = await certify({ name: 'client' })
  await change({ dpop: false, certificateThumbprint })
  await refused(t, 'a plain token of a client that is now bound to a certificate', send(url, bearer), badBearer)
  await change({ certificateThumbprint: null })
  t.equal((await send(url, bearer)).status, 200)
})

t.test('whoever sends no token is told of no error (RFC 6750 section 3)', async t => {
  const { challenge, body } = await send(`${baseUrl}${path}`)
  t.equal(challenge, 'Bearer, DPoP algs="ES256 ES384 PS256 EdDSA"')
  const basic = await send(`${baseUrl}${path}`, ['authorization', 'Basic dTpw'])
  t.equal(basic.challenge, challenge)
  const bad = await send(`${baseUrl}${path}`, ['authorization', 'Bearer a.b.c'])
  t.match(bad.challenge, badBearer)
  const words = ({ id: _, ...others }: Readonly<Record<string, unknown>>) => others
  t.same(words(bad.body), words(body), 'the body is the same')
  const issuer = new URL(baseUrl)
  const options = { [oauth.allowInsecureRequests]: true }
  const error = await oauth
    .protectedResourceRequest('a.b.c', 'GET', new URL(path, issuer), undefined, undefined, options)
    .catch(reason => reason)
  t.match(error.cause, [
    { scheme: 'bearer', parameters: { error: 'invalid_token' } },
    { scheme: 'dpop', parameters: { algs: 'ES256 ES384 PS256 EdDSA' } }
  ])
})

const badRequest = { status: 401, body: { error: 'invalid_client' } }

t.test('a token that is bound to a certificate is of no use on any other connection', async t => {
  const own = await certify({ name: 'client' })
  const theirs = await certify({ name: 'client' })
  const party = await hospitalWith({ certificateThumbprint: own.thumbprint }, secure)
  const url = `${secure.baseUrl}${path}`
  const field = ({ der }: typeof own) => `:${Buffer.from(der).toString('base64')}:`
  const withOwn = agent({ cert: own.cert, key: own.key })
  const withTheirs = agent({ cert: theirs.cert, key: theirs.key })
  const injected = ['client-cert', field(own)]

  t.match(await ask(party), badRequest, 'no token without it')
  t.match(await ask(party, [], { dispatcher: withTheirs }), badRequest)
  t.match(await ask(party, injected), badRequest, 'nor to whoever only knows it')
  t.match(await ask(party, injected, { dispatcher: withTheirs }), badRequest)
  const { status, body } = await ask(party, [], { dispatcher: withOwn })
  t.match(body, { token_type: 'bearer' })
  t.equal(status, 200)
  const bearer = ['authorization', `Bearer ${body.access_token}`]
  t.equal((await send(url, bearer, undefined, withOwn)).status, 200)
  await refused(t, 'without it', send(url, bearer), badBearer)
  await refused(t, 'with another', send(url, bearer, undefined, withTheirs), badBearer)
  await refused(t, 'in a header of no proxy', send(url, [...bearer, ...injected]), badBearer)
  await refused(
    t,
    'in such a header, with another',
    send(url, [...bearer, ...injected], undefined, withTheirs),
    badBearer
  )

  // the other way round: a client that is bound to nothing may show what it likes
  const free = await hospitalWith({}, secure)
  const granted = await ask(free, [], { dispatcher: withTheirs })
  t.equal((await send(url, ['authorization', `Bearer ${granted.body.access_token}`])).status, 200)
})

t.test('behind a proxy that is trusted its word counts, and not its certificate (RFC 9440)', async t => {
  const own = await certify({ name: 'client' })
  const proxy = await certify({ name: 'proxy' })
  const expired = await certify({ name: 'client', notAfter: new Date('2025-01-01T00:00:00Z') })
  const party = await hospitalWith({ certificateThumbprint: own.thumbprint }, secure)
  const atProxy = await hospitalWith({ certificateThumbprint: proxy.thumbprint }, secure)
  const old = await hospitalWith({ certificateThumbprint: expired.thumbprint }, secure)
  const url = `${secure.baseUrl}${path}`
  const field = ({ der }: typeof own) => `:${Buffer.from(der).toString('base64')}:`
  const dispatcher = agent({}, { localAddress: proxyAddress })
  const withCertificate = agent({ cert: proxy.cert, key: proxy.key }, { localAddress: proxyAddress })

  const { body } = await ask(party, ['client-cert', field(own)], { dispatcher })
  t.match(body, { token_type: 'bearer' })
  t.same(decodeJwt(body.access_token as string).cnf, { 'x5t#S256': own.thumbprint })
  const bearer = ['authorization', `Bearer ${body.access_token}`]
  const passed = (...fields: readonly string[]) =>
    send(url, [...bearer, ...fields.flatMap(each => ['client-cert', each])], undefined, dispatcher)
  t.equal((await passed(field(own))).status, 200)
  const base64 = Buffer.from(own.der).toString('base64')
  for (const [what, fields] of Object.entries({
    'without it': [],
    'with another': [field(proxy)],
    'with two': [field(own), field(proxy)],
    'with two in one': [`${field(own)}, ${field(proxy)}`],
    'with the same one twice': [field(own), field(own)],
    'as a token': [base64],
    'as PEM': [encodeURIComponent(own.cert)],
    'as text': [`"${base64}"`],
    'with more behind it': [`:${Buffer.from([...own.der, 0]).toString('base64')}:`],
    empty: ['::']
  })) {
    await refused(t, what, passed(...fields), badBearer)
  }
  t.match(await ask(atProxy, [], { dispatcher: withCertificate }), badRequest, "the proxy's own is nobody's")
  t.match(await ask(old, ['client-cert', field(expired)], { dispatcher }), badRequest, 'one that is over')
  const overTls = agent({ cert: expired.cert, key: expired.key })
  t.match(await ask(old, [], { dispatcher: overTls }), badRequest)
})

t.test('where authorities are named, a certificate that does not lead to them counts as none', async t => {
  const name = 'authority'
  const authority = { ...(await certify({ name, isAuthority: true })), name }
  const issued = await certify({ name: 'client', by: authority })
  const alone = await certify({ name: 'client' })
  const listed = await certify({ name: 'known' })
  writeFileSync(join(folder, 'clients.pem'), `${authority.cert}\n${listed.cert}\n`)
  const strict = await startGateway({ env: { ...tlsEnv, RYORITSU_TLS_CLIENT_CA_FILE: join(folder, 'clients.pem') } })
  t.teardown(() => strict.stop())
  for (const [{ cert, key, thumbprint }, status] of [
    [issued, 200],
    [listed, 200],
    [alone, 401]
  ] as const) {
    const party = await hospitalWith({ certificateThumbprint: thumbprint }, strict)
    t.equal((await ask(party, [], { dispatcher: agent({ cert, key }) })).status, status)
  }
  t.equal((await ask(await hospitalWith({}, strict))).status, 200, 'and nobody needs one who is not registered with it')
})

t.test('old TLS is refused', async t => {
  const dispatcher = agent({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' })
  await t.rejects(send(`${secure.baseUrl}/health/ready`, [], undefined, dispatcher))
  t.equal((await send(`${secure.baseUrl}/health/ready`, [], undefined, agent({ maxVersion: 'TLSv1.2' }))).status, 200)
})
