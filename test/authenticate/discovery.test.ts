import * as oauth from 'oauth4webapi'
import t from 'tap'
import { authorizationServerMetadata, jwksDocument, smartConfiguration } from '../../src/authenticate/discovery.ts'
import { issuer, newKeys, tokenEndpoint } from './hospital.ts'

const facts = {
  issuer,
  tokenEndpoint,
  introspectionEndpoint: `${issuer}/oauth2/introspect`,
  revocationEndpoint: `${issuer}/oauth2/revoke`,
  scopes: ['system/DocumentReference.rs'],
  bindsToCertificates: false
}

t.test('an OAuth library accepts the metadata and finds the token endpoint', async t => {
  const metadata = authorizationServerMetadata(facts)
  const server = await oauth.processDiscoveryResponse(new URL(issuer), Response.json(metadata))
  t.equal(server.token_endpoint, tokenEndpoint)
  t.same(server.token_endpoint_auth_methods_supported, ['private_key_jwt'])
  t.same(server.scopes_supported, facts.scopes)
})

t.test('neither document names an endpoint that is not there', async t => {
  const endpoints = (document: object) => Object.keys(document).filter(name => name.endsWith('_endpoint'))
  const there = ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint']
  t.same(endpoints(authorizationServerMetadata(facts)), there)
  t.same(endpoints(smartConfiguration(facts)), there)
  t.same(smartConfiguration(facts).capabilities, ['client-confidential-asymmetric', 'permission-v2'])
})

t.test('says how tokens are bound, and of certificates only where they can be seen', async t => {
  const plain: Readonly<Record<string, unknown>> = authorizationServerMetadata(facts)
  t.same(plain.dpop_signing_alg_values_supported, ['ES256', 'ES384', 'PS256', 'EdDSA'])
  t.notOk('tls_client_certificate_bound_access_tokens' in plain)
  const bound = smartConfiguration({ ...facts, bindsToCertificates: true })
  t.match(bound, { tls_client_certificate_bound_access_tokens: true })
})

t.test('publishes keys with their purpose and without their private part', async t => {
  const made = await Promise.all(
    ['ES384', 'EdDSA', 'RS256'].map(async alg => (await newKeys(alg, alg)).privateKey.export({ format: 'jwk' }))
  )
  const [token, log, document] = made.map((jwk, index) => ({
    ...jwk,
    kty: jwk.kty!,
    kid: `k${index}`,
    alg: ['ES384', 'EdDSA', 'RS256'][index]!
  }))
  const { keys } = jwksDocument([
    { jwk: token!, purpose: 'token' },
    { jwk: log!, purpose: 'log' },
    { jwk: document!, purpose: 'document' }
  ])
  t.same(
    keys.map(key => Object.keys(key).sort()),
    [
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'x-purpose', 'y'],
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'x-purpose'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use', 'x-purpose']
    ]
  )
  t.same(
    keys.map(key => key['x-purpose']),
    ['token', 'log', 'document']
  )
  t.throws(() => jwksDocument([{ jwk: { kty: 'oct', k: 'AAAA', kid: 'k' }, purpose: 'token' }]), TypeError)
  t.throws(() => jwksDocument([{ jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }, purpose: 'log' }]), TypeError)
})
