import { createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readJson } from '../standards/json.ts'
import { type Algorithm, algorithms, isKeyFor } from '../standards/jws.ts'

/** For what a key of the gateway may be used (contract §3, `x-purpose`). */
const keyPurposes = ['token', 'receipt', 'log', 'webhook', 'document'] as const
export type KeyPurpose = (typeof keyPurposes)[number]

export interface GatewayKey {
  readonly key: KeyObject
  readonly alg: Algorithm
  readonly purpose: KeyPurpose
}

const certificate = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g

/**
 * Reads `roots.pem`: certificates in PEM, with any text between them.
 * @returns each certificate in DER; none if the text holds none, and then no certificate is trusted
 * @throws TypeError if a block cannot be read or is something else, such as a private key
 * @see RFC 7468
 */
export function readRoots(pem: string): readonly Buffer[] {
  const blocks = [...pem.matchAll(certificate)]
  if (pem.split('-----BEGIN ').length - 1 !== blocks.length) {
    throw new TypeError('roots.pem holds a block that is not a whole certificate')
  }
  return blocks.map(([text], index) => {
    try {
      return new X509Certificate(text).raw
    } catch (cause) {
      throw new TypeError(`certificate ${index + 1} of roots.pem cannot be read`, { cause })
    }
  })
}

/**
 * Reads `gateway.jwks.json`: the gateway's public keys of now and before, by `kid`.
 * @throws TypeError for what is not such a set: a key without `kid`, `alg` or `x-purpose`, two of one `kid`, a private key
 * @see RFC 7517
 */
export function readGatewayKeys(json: string): ReadonlyMap<string, GatewayKey> {
  const { value } = readJson(Buffer.from(json), { maxDepth: 8 })
  const set = value as { readonly keys?: unknown } | null
  if (!Array.isArray(set?.keys)) throw new TypeError('gateway.jwks.json is not a set of keys')
  const keys = new Map<string, GatewayKey>()
  for (const [index, jwk] of set.keys.entries()) {
    const { kid, ...key } = readKey(jwk, `key ${index + 1} of gateway.jwks.json`)
    if (keys.has(kid)) throw new TypeError(`gateway.jwks.json holds two keys ${kid}`)
    keys.set(kid, key)
  }
  return keys
}

function readKey(jwk: Readonly<Record<string, unknown>>, where: string): GatewayKey & { readonly kid: string } {
  const { kid, alg, 'x-purpose': purpose } = jwk
  if (typeof kid !== 'string' || kid === '') throw new TypeError(`${where} has no kid`)
  if (!isOneOf(algorithms, alg)) throw new TypeError(`${where} has no alg that is known`)
  if (!isOneOf(keyPurposes, purpose)) throw new TypeError(`${where} has no x-purpose that is known`)
  if (jwk.d !== undefined || jwk.k !== undefined) throw new TypeError(`${where} is not a public key`)
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  if (!isKeyFor(alg, key)) throw new TypeError(`${where} is not a key for its alg`)
  return { kid, key, alg, purpose }
}

function isOneOf<Value extends string>(values: readonly Value[], value: unknown): value is Value {
  return (values as readonly unknown[]).includes(value)
}
