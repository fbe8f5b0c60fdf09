import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { AssertionContext } from '../../src/authenticate/assertion.ts'
import type { PartnerDirectory, Proofs } from '../../src/authenticate/ports.ts'
import { medicalInstitutionSystem } from '../../src/document/canonical.ts'
import { as, type Instant } from '../../src/document/ids.ts'
import type { Partner } from '../../src/document/partner.ts'
import type { Presented } from '../../src/document/presented.ts'

/** A pretend hospital that asks for tokens, for the tests of this station. */

export const issuer = 'https://gateway.example'
export const tokenEndpoint = `${issuer}/oauth2/token`
export const now: Instant = Date.UTC(2026, 8, 1)
export const seconds = now / 1000

export interface Keys {
  readonly privateKey: KeyObject
  readonly publicJwk: JWK
}

export async function newKeys(alg: string, kid: string): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return {
    privateKey: createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }),
    publicJwk: { ...(await exportJWK(publicKey)), alg, kid }
  }
}

export const es384 = await newKeys('ES384', 'h1')

export const hospital: Partner = {
  clientId: as('hospital-1'),
  role: 'hospital',
  organization: as('org-hospital'),
  organizationIdentifier: { system: medicalInstitutionSystem, value: '1319999015' },
  organizationName: '架空総合病院',
  party: as('party-hospital'),
  scope: ['system/DocumentReference.rs', 'system/Bundle.cr', 'system/EpisodeOfCare.*', 'system/Consent.r'],
  purposes: ['support-consideration', 'inquiry'],
  jwks: { keys: [es384.publicJwk] },
  signingKeys: { keys: [] },
  dpop: false,
  certificateThumbprint: undefined,
  webhook: undefined,
  handlingRules: undefined,
  disabled: false
}

export const directory = (...partners: readonly Partner[]): PartnerDirectory => ({
  byClient: id => partners.find(({ clientId }) => clientId === id)
})

/** Of a call that nothing came with but an `Authorization` header, if that. */
export const presentedWith = (authorization: string | undefined): Presented => ({
  authorization: authorization === undefined ? [] : [authorization],
  dpop: [],
  method: 'GET',
  target: '/fhir/DocumentReference',
  certificate: undefined,
  address: '192.0.2.7'
})

/** For tokens that are bound to no key. */
export const noProofs: Proofs = {
  nonces: { at: () => 'nonce', isTaken: () => false },
  use: () => Promise.reject(new Error('no proof was expected'))
}

export const contextFor = (...partners: readonly Partner[]): AssertionContext => ({
  issuer,
  tokenEndpoint,
  now,
  partners: directory(...partners)
})

export const claims = {
  iss: 'hospital-1',
  sub: 'hospital-1',
  aud: issuer,
  iat: seconds,
  exp: seconds + 60,
  jti: 'one-of-a-kind'
}

export interface Assertion {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: KeyObject
}

/** Members given as undefined are left out. */
export function assertionOf({ claims: changed, header, key = es384.privateKey }: Assertion = {}): Promise<string> {
  const payload = JSON.parse(JSON.stringify({ ...claims, ...changed }))
  const protectedHeader = JSON.parse(JSON.stringify({ alg: 'ES384', kid: 'h1', typ: 'JWT', ...header }))
  return new SignJWT(payload).setProtectedHeader(protectedHeader).sign(key)
}

export const formOf = (assertion: string, changed: Readonly<Record<string, string | undefined>> = {}) =>
  new Map(
    Object.entries({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      scope: 'system/DocumentReference.rs',
      ...changed
    }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  )
