import { type KeyObject, X509Certificate } from 'node:crypto'
import type { Identifier } from '../document/ids.ts'
import { type KeyPurpose, keyPurposes } from '../document/signer.ts'
import { readJson } from '../standards/json.ts'
import { type Algorithm, algorithms, isKeyFor } from '../standards/jws.ts'
import { PublicKeyError, readPublicJwk } from '../standards/public-key.ts'

export interface GatewayKey {
  readonly key: KeyObject
  readonly alg: Algorithm
  readonly purpose: KeyPurpose
}

/** A key that an organisation registered for signing its documents. */
export interface SignerKey {
  readonly kid: string
  readonly key: KeyObject
  /** the only algorithm it may be used with, if its JWK names one */
  readonly alg: Algorithm | undefined
  readonly organization: Identifier
}

const certificate = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g

/**
 * Reads `roots.pem` or `tsa-roots.pem`: certificates in PEM, with any text between them.
 * @returns each certificate in DER; none if the text holds none, and then no certificate is trusted
 * @throws TypeError if a block cannot be read or is something else, such as a private key
 * @see RFC 7468
 */
export function readRoots(pem: string, file = 'roots.pem'): readonly Buffer[] {
  const blocks = [...pem.matchAll(certificate)]
  if (pem.split('-----BEGIN ').length - 1 !== blocks.length) {
    throw new TypeError(`${file} holds a block that is not a whole certificate`)
  }
  return blocks.map(([text], index) => {
    try {
      return new X509Certificate(text).raw
    } catch (cause) {
      throw new TypeError(`certificate ${index + 1} of ${file} cannot be read`, { cause })
    }
  })
}

/**
 * Reads `gateway.jwks.json`: the gateway's public keys of now and before, by `kid`.
 * @throws TypeError for what is not such a set: a key without `kid`, `alg` or `x-purpose`, two of one `kid`, a private key
 * @see RFC 7517
 */
export function readGatewayKeys(json: string): ReadonlyMap<string, GatewayKey> {
  const keys = new Map<string, GatewayKey>()
  for (const [jwk, where] of keysIn(json, 'gateway.jwks.json')) {
    const { kid, ...key } = readGatewayKey(jwk, where)
    if (keys.has(kid)) throw new TypeError(`gateway.jwks.json holds two keys ${kid}`)
    keys.set(kid, key)
  }
  return keys
}

/**
 * Reads `signers.jwks.json`: the public keys that organisations registered for signing documents. Each names its organisation,
 * `"x-organization":{"system","value"}`, since a `kid` is unique within one only.
 * @throws TypeError for what is not such a set: a key without `kid` or organisation, a private key, one that signs nothing
 * @see RFC 7517
 */
export function readSignerKeys(json: string): readonly SignerKey[] {
  return keysIn(json, 'signers.jwks.json').map(([jwk, where]) => {
    const { alg, 'x-organization': organization } = jwk
    const { system, value } = (organization ?? {}) as Record<string, unknown>
    if (typeof system !== 'string' || typeof value !== 'string') throw new TypeError(`${where} has no x-organization`)
    const { kid, key } = readPublicKey(jwk, where)
    if (alg !== undefined && !isOneOf(algorithms, alg)) throw new TypeError(`${where} has an alg that is not known`)
    if (!(alg === undefined ? algorithms : [alg]).some(each => isKeyFor(each, key))) {
      throw new TypeError(`${where} is not a key for its alg`)
    }
    return { kid, key, alg, organization: { system, value } }
  })
}

type Jwk = Readonly<Record<string, unknown>>

/** The keys of a set, each with how a message names it. */
function keysIn(json: string, file: string): readonly (readonly [Jwk, string])[] {
  const { value } = readJson(Buffer.from(json), { maxDepth: 8 })
  const set = value as { readonly keys?: unknown } | null
  if (!Array.isArray(set?.keys)) throw new TypeError(`${file} is not a set of keys`)
  return set.keys.map((jwk: Jwk, index) => [jwk, `key ${index + 1} of ${file}`] as const)
}

function readGatewayKey(jwk: Jwk, where: string): GatewayKey & { readonly kid: string } {
  const { alg, 'x-purpose': purpose } = jwk
  const { kid, key } = readPublicKey(jwk, where)
  if (!isOneOf(algorithms, alg)) throw new TypeError(`${where} has no alg that is known`)
  if (!isOneOf(keyPurposes, purpose)) throw new TypeError(`${where} has no x-purpose that is known`)
  if (!isKeyFor(alg, key)) throw new TypeError(`${where} is not a key for its alg`)
  return { kid, key, alg, purpose }
}

function readPublicKey(jwk: Jwk, where: string): { readonly kid: string; readonly key: KeyObject } {
  const { kid } = jwk
  if (typeof kid !== 'string' || kid === '') throw new TypeError(`${where} has no kid`)
  try {
    return { kid, key: readPublicJwk(jwk) }
  } catch (error) {
    if (!(error instanceof PublicKeyError)) throw error
    throw new TypeError(`${where} is ${error.message}`)
  }
}

function isOneOf<Value extends string>(values: readonly Value[], value: unknown): value is Value {
  return (values as readonly unknown[]).includes(value)
}
