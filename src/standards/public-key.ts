import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { decodeBase64url, EncodingError } from './base64url.ts'
import { decodePoint, isOfPrimeOrder } from './edwards25519.ts'
import { isBrokenModulus, isSoundExponent } from './rsa-weakness.ts'

/**
 * Admission of public keys, by whatever way they come. node:crypto reads much that is no key for anybody: Ed25519 points
 * of small order, the point at infinity, RSA with exponent 1 or an even modulus. Under such a key a signature holds that
 * nobody made. What a key is worth is found once for each key object, so that verifying does not become slower.
 * @see RFC 7517, RFC 7518 section 6, RFC 8037, RFC 8725 section 3.4
 */

/** Why a key is not taken: no such key at all, one that gives its secret away, or one under which signatures prove nothing. */
export type KeyFault = 'malformed' | 'private' | Weakness
type Weakness = 'kind' | 'length' | 'modulus' | 'exponent' | 'point'

export class PublicKeyError extends Error {
  override readonly name = 'PublicKeyError'
  readonly kind: KeyFault

  constructor(kind: KeyFault) {
    super(`not a public key to rely on: ${kind}`)
    this.kind = kind
  }
}

/** Members of private and symmetric keys (RFC 7518 section 6); whoever sends one has given it away. */
const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Bytes of the numbers of each kind; undefined: as many as are needed, without zeros before them. */
const numbers: Readonly<Record<string, Readonly<Record<string, number | undefined>>>> = {
  RSA: { n: undefined, e: undefined },
  'EC P-256': { x: 32, y: 32 },
  'EC P-384': { x: 48, y: 48 },
  'OKP Ed25519': { x: 32 }
}

/** Good keys by their numbers, the longest unused first: a DPoP proof brings the same key along with every call. */
const recent = new Map<string, KeyObject>()
const mostRecent = 1000

/**
 * Reads a public key as JWK. Members that do not make the key (`kid`, `alg`, `use`, …) are the caller's to look at.
 * @throws PublicKeyError
 * @see RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2
 */
export function readPublicJwk(jwk: unknown): KeyObject {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new PublicKeyError('malformed')
  if (secrets.some(name => Object.hasOwn(jwk, name))) throw new PublicKeyError('private')
  const { kty, crv } = jwk as Readonly<Record<string, unknown>>
  const kind = kty === 'RSA' ? kty : typeof kty === 'string' && typeof crv === 'string' ? `${kty} ${crv}` : ''
  if (!Object.hasOwn(numbers, kind)) throw new PublicKeyError('kind')
  // node:crypto decodes leniently, takes zeros before a number, and counts them as bits of a modulus
  const texts = Object.entries(numbers[kind]!).map(([name, length]) => {
    const text = (jwk as Readonly<Record<string, unknown>>)[name]
    if (!isNumber(text, length)) throw new PublicKeyError('malformed')
    return text
  })
  return admitted([kind, ...texts].join(' '), jwk)
}

function admitted(name: string, jwk: object): KeyObject {
  const key = recent.get(name) ?? keyOf(jwk)
  const weakness = weaknessOf(key)
  if (weakness) throw new PublicKeyError(weakness)
  recent.delete(name)
  if (recent.size >= mostRecent) recent.delete(recent.keys().next().value!)
  recent.set(name, key)
  return key
}

/** A number of 8192 bits has 1366 characters; longer ones are not looked at. */
const maxText = 1400

function isNumber(text: unknown, length: number | undefined): text is string {
  if (typeof text !== 'string' || text.length > maxText) return false
  try {
    const bytes = decodeBase64url(text)
    return length === undefined ? bytes.length > 0 && bytes[0] !== 0 : bytes.length === length
  } catch (error) {
    if (error instanceof EncodingError) return false
    throw error
  }
}

function keyOf(jwk: object): KeyObject {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  } catch {
    throw new PublicKeyError('point') // of the right form, so that the numbers make no key
  }
}

const known = new WeakMap<KeyObject, Weakness | 'none'>()

/**
 * @param key RSA, EC or Ed25519, however it was read (JWK, certificate); of a private key its public half is looked at
 * @returns why signatures under it prove nothing; undefined for a key to rely on
 */
export function weaknessOf(key: KeyObject): Weakness | undefined {
  let weakness = known.get(key)
  if (weakness === undefined) {
    weakness = find(key.type === 'private' ? createPublicKey(key) : key) ?? 'none'
    known.set(key, weakness)
  }
  return weakness === 'none' ? undefined : weakness
}

function find(key: KeyObject): Weakness | undefined {
  if (key.asymmetricKeyType === 'rsa') return weaknessOfRsa(key)
  if (key.asymmetricKeyType === 'ec') return weaknessOfCurve(key)
  if (key.asymmetricKeyType !== 'ed25519') return 'kind'
  const point = decodePoint(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'))
  return point && isOfPrimeOrder(point) ? undefined : 'point'
}

function weaknessOfRsa(key: KeyObject): Weakness | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < 2048 || modulusLength > 8192) return 'length'
  if (!isSoundExponent(publicExponent)) return 'exponent'
  return isBrokenModulus(toNumber(key.export({ format: 'jwk' }).n!)) ? 'modulus' : undefined
}

/** y² = x³ − 3x + b over p; `x` of the base point, whose private key is 1. */
const curves: Readonly<Record<string, { readonly p: bigint; readonly b: bigint; readonly x: bigint }>> = {
  prime256v1: {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n
  },
  secp384r1: {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n
  }
}

function weaknessOfCurve(key: KeyObject): Weakness | undefined {
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (!curve) return 'kind'
  const point = pointOf(key)
  if (!point) return 'point'
  const { x, y } = point
  const { p, b } = curve
  const isOnCurve = x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
  return isOnCurve && x !== curve.x ? undefined : 'point'
}

/** @returns undefined for the point at infinity, which has no coordinates but is a key to node:crypto */
function pointOf(key: KeyObject): { readonly x: bigint; readonly y: bigint } | undefined {
  try {
    const { x, y } = key.export({ format: 'jwk' })
    return { x: toNumber(x!), y: toNumber(y!) }
  } catch {
    return undefined
  }
}

const toNumber = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
