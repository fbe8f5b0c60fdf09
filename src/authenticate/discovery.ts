import type { JWK } from 'jose'
import { assertionAlgorithms } from './assertion.ts'
import { proofAlgorithms } from './dpop.ts'

/** What a key of this gateway is for (contract §3). */
export type KeyPurpose = 'token' | 'receipt' | 'log' | 'webhook' | 'document'

export interface PublishedKey {
  /** with `kid` and `alg` */
  readonly jwk: JWK
  readonly purpose: KeyPurpose
}

export interface DiscoveryFacts {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly introspectionEndpoint: string
  readonly revocationEndpoint: string
  /** every scope that some client may be registered for */
  readonly scopes: readonly string[]
  /** there is a way by which certificates of clients reach the gateway (RFC 8705) */
  readonly bindsToCertificates: boolean
}

/**
 * `/.well-known/oauth-authorization-server`. It names what there is now and nothing else.
 * @see RFC 8414 section 2, RFC 9449 section 5.1, RFC 8705 section 3.3
 */
export function authorizationServerMetadata({ issuer, tokenEndpoint, scopes, ...facts }: DiscoveryFacts) {
  const algorithms = [...assertionAlgorithms]
  return {
    issuer,
    token_endpoint: tokenEndpoint,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    grant_types_supported: ['client_credentials'],
    // Required by RFC 8414, and empty, since there is no authorization endpoint.
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    introspection_endpoint: facts.introspectionEndpoint,
    introspection_endpoint_auth_methods_supported: ['private_key_jwt'],
    introspection_endpoint_auth_signing_alg_values_supported: algorithms,
    revocation_endpoint: facts.revocationEndpoint,
    revocation_endpoint_auth_methods_supported: ['private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: algorithms,
    dpop_signing_alg_values_supported: [...proofAlgorithms],
    ...(facts.bindsToCertificates && { tls_client_certificate_bound_access_tokens: true }),
    scopes_supported: [...scopes]
  }
}

/**
 * `/.well-known/smart-configuration`. `code_challenge_methods_supported` is left out, since there are no codes to
 * challenge: no person logs in here.
 * @see SMART App Launch 2.2.0 "Conformance"
 */
export function smartConfiguration(facts: DiscoveryFacts) {
  return {
    ...authorizationServerMetadata(facts),
    capabilities: ['client-confidential-asymmetric', 'permission-v2']
  }
}

/**
 * `/.well-known/jwks.json`: public members only, whatever the keys were given with.
 * @throws TypeError for a key that is not a public one of this gateway's sorts, or has no kid
 */
export function jwksDocument(keys: readonly PublishedKey[]) {
  return { keys: keys.map(({ jwk, purpose }) => ({ ...publicPart(jwk), use: 'sig', 'x-purpose': purpose })) }
}

const publicMembers = {
  EC: ['kty', 'crv', 'x', 'y'],
  OKP: ['kty', 'crv', 'x'],
  RSA: ['kty', 'n', 'e']
} as const satisfies Readonly<Record<string, readonly (keyof JWK)[]>>

function publicPart(jwk: JWK): Record<string, unknown> {
  const members = publicMembers[jwk.kty as keyof typeof publicMembers]
  if (members === undefined || jwk.kid === undefined) throw new TypeError('not a key to publish')
  return Object.fromEntries([...members, 'alg', 'kid'].map(name => [name, jwk[name as keyof JWK]]))
}
