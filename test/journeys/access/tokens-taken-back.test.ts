import { setTimeout } from 'node:timers/promises'
import { decodeJwt, importJWK, type JWK } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { cases } from '../../../fixtures/cases/cases.ts'
import { readConfig } from '../../../src/config/config.ts'
import { buildGateway } from '../../../src/gateway.ts'
import { freePort, startGateway } from '../../parties/gateway.ts'
import type { Party } from '../../parties/party.ts'
import { register, registerTown } from '../../parties/register.ts'

const running = await startGateway()
const { baseUrl, gateway } = running
const { hospital, hr } = await registerTown(running, cases[0]!)
const operator = await register(running, {
  role: 'operator',
  organization: { name: '架空運営', identifier: { system: 'urn:oid:1.3.188', value: '8999999999950' } }
})
t.teardown(() => running.stop())

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

async function ask(party: Party, endpoint: 'introspect' | 'revoke', form: Readonly<Record<string, string>>) {
  const body = new URLSearchParams({
    client_assertion_type: assertionType,
    client_assertion: await party.assertion(),
    ...form
  }).toString()
  return party.send<Record<string, unknown>>('POST', `/oauth2/${endpoint}`, body, {
    'content-type': 'application/x-www-form-urlencoded'
  })
}

async function freshToken(party: Party): Promise<string> {
  return ((await party.grant(await party.assertion())).body as { access_token: string }).access_token
}

const callWith = async (token: string, at = baseUrl) =>
  (await fetch(`${at}/fhir/EpisodeOfCare`, { headers: { authorization: `Bearer ${token}` } })).status

const keyOf = async (jwk: JWK) => (await importJWK(jwk, 'ES384')) as oauth.CryptoKey
const insecure = { [oauth.allowInsecureRequests]: true }

t.test('oauth4webapi finds the endpoints, gets a token, asks about it and takes it back', async t => {
  const issuer = new URL(baseUrl)
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
  const server = await oauth.processDiscoveryResponse(issuer, discovered)
  const { privateJwk, clientId, scope } = hospital.file
  const key = await keyOf(privateJwk)
  const auth = oauth.PrivateKeyJwt({ key, kid: privateJwk.kid! })
  const us = { client_id: clientId }

  const granted = await oauth.clientCredentialsGrantRequest(server, us, auth, { scope }, insecure)
  const { access_token: token } = await oauth.processClientCredentialsResponse(server, us, granted)
  t.equal(await callWith(token), 200)

  const asked = await oauth.introspectionRequest(server, us, auth, token, insecure)
  const found = await oauth.processIntrospectionResponse(server, us, asked)
  t.match(found, { active: true, client_id: clientId, scope, jti: decodeJwt(token).jti!, aud: `${baseUrl}/fhir` })

  const revoked = await oauth.revocationRequest(server, us, auth, token, insecure)
  t.equal(await oauth.processRevocationResponse(revoked), undefined)
  t.equal(await callWith(token), 401, 'from then on')
  const again = await oauth.introspectionRequest(server, us, auth, token, insecure)
  t.same(await oauth.processIntrospectionResponse(server, us, again), { active: false })
})

t.test('every endpoint that discovery names is there, and asks for an assertion', async t => {
  for (const document of ['smart-configuration', 'oauth-authorization-server']) {
    const answer = await fetch(`${baseUrl}/.well-known/${document}`)
    const found = (await answer.json()) as Readonly<Record<string, unknown>>
    for (const name of ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint']) {
      const form = { grant_type: 'client_credentials', scope: 'system/Bundle.r', token: 'x' }
      const asked = await fetch(String(found[name]), { method: 'POST', body: new URLSearchParams(form) })
      t.match([asked.status, await asked.json()], [401, { error: 'invalid_client' }], `${document} ${name}`)
      t.same(found[`${name}_auth_methods_supported`], ['private_key_jwt'])
    }
  }
})

t.test('openid-client does the same', async t => {
  const { privateJwk, clientId, scope } = hr.file
  const key = await keyOf(privateJwk)
  const config = await client.discovery(
    new URL(baseUrl),
    clientId,
    undefined,
    client.PrivateKeyJwt({ key, kid: privateJwk.kid! }),
    { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }
  )
  const { access_token: token } = await client.clientCredentialsGrant(config, { scope })
  t.equal(await callWith(token), 200)
  t.match(await client.tokenIntrospection(config, token), { active: true, client_id: clientId, iss: baseUrl })
  await client.tokenRevocation(config, token)
  t.equal(await callWith(token), 401)
  t.same(await client.tokenIntrospection(config, token), { active: false })
})

t.test('a client learns nothing of the tokens of others, an operator of any', async t => {
  const token = await freshToken(hospital)
  t.match((await ask(hospital, 'introspect', { token })).body, { active: true, sub: hospital.file.clientId })
  t.match((await ask(operator, 'introspect', { token })).body, { active: true, sub: hospital.file.clientId })
  const others = await ask(hr, 'introspect', { token, token_type_hint: 'access_token' })
  const none = await ask(hr, 'introspect', { token: 'no-token-at-all' })
  const long = await ask(hr, 'introspect', { token: 'x'.repeat(9000) })
  for (const answer of [others, none, long]) {
    t.equal(answer.status, 200)
    t.equal(answer.text, '{"active":false}')
    t.equal(answer.headers['cache-control'], 'no-store')
  }
})

t.test('the token of another is left as it is, and nobody is told so', async t => {
  const token = await freshToken(hospital)
  t.equal((await ask(hr, 'revoke', { token })).status, 200)
  t.equal((await ask(operator, 'revoke', { token })).status, 200)
  t.equal((await ask(hr, 'revoke', { token: 'no-token-at-all' })).status, 200)
  t.equal(await callWith(token), 200)
  t.equal((await ask(hospital, 'revoke', { token })).status, 200)
  t.equal((await ask(hospital, 'revoke', { token })).status, 200, 'twice is as good as once')
  t.equal(await callWith(token), 401)
})

t.test('both ask for an assertion, of which each is good for one call', async t => {
  const token = await freshToken(hospital)
  const client_assertion = await hospital.assertion()
  t.equal((await ask(hospital, 'introspect', { token, client_assertion })).status, 200)
  const other = await hr.assertion()
  for (const endpoint of ['introspect', 'revoke'] as const) {
    const replayed = await ask(hospital, endpoint, { token, client_assertion })
    t.match([replayed.status, replayed.body.error], [401, 'invalid_client'], 'used at either')
    const named = await ask(hospital, endpoint, { token, client_assertion: other, client_id: hospital.file.clientId })
    t.match([named.status, named.body.error], [401, 'invalid_client'], "another's assertion")
    const without = await ask(hospital, endpoint, { token, client_assertion: '' })
    t.match([without.status, without.body.error], [401, 'invalid_client'])
    const empty = await ask(hospital, endpoint, {})
    t.match([empty.status, empty.body.error], [400, 'invalid_request'], 'no token')
    const large = await ask(hospital, endpoint, { token, more: 'x'.repeat(17_000) })
    t.equal(large.status, 413)
  }
  t.equal((await hospital.grant(client_assertion)).status, 401, 'nor for a token')
  t.equal(await callWith(token), 200)
})

t.test('taking back is recorded', async t => {
  const token = await freshToken(hospital)
  await ask(hospital, 'revoke', { token })
  const found = await gateway.parts.audit.search(
    { organization: undefined, case: undefined, act: 'token-refuse', outcome: '0', from: undefined, until: undefined },
    { beforeLeaf: undefined, limit: 1 }
  )
  const event = JSON.parse(Buffer.from(found[0]!.event).toString())
  t.equal(event.outcomeDesc, 'revoked')
  t.match(JSON.stringify(event.entity), new RegExp(decodeJwt(token).jti!))
})

/** Another process of the same service: same store, same keys, same address to the outside. */
async function anotherGateway(t: Test): Promise<string> {
  const port = await freePort()
  const config = readConfig({ RYORITSU_HOME: running.home, RYORITSU_PORT: String(port) })
  const another = await buildGateway({ config, baseUrl, logger: pino({ level: 'silent' }) })
  t.teardown(() => another.stop())
  await another.app.listen({ host: '127.0.0.1', port })
  return `http://127.0.0.1:${port}`
}

t.test('every other gateway on the store refuses it soon, and after a restart', async t => {
  const [before, during] = [await freshToken(hr), await freshToken(hr)]
  await ask(hr, 'revoke', { token: before })
  const other = await anotherGateway(t)
  t.equal(await callWith(before, other), 401, 'it was there when the gateway came up')
  t.equal(await callWith(during, other), 200)
  await ask(hr, 'revoke', { token: during })
  while ((await callWith(during, other)) !== 401) await setTimeout(20)
})
