import { constants, type KeyObject, sign as signBytes, verify as verifyBytes } from 'node:crypto'
import { decodeBase64url, EncodingError, encodeBase64url } from './base64url.ts'
import { derToRaw, rawToDer } from './ecdsa-signature.ts'
import { JsonError, readJson } from './json.ts'
import { weaknessOf } from './public-key.ts'

/**
 * Compact JWS (RFC 7515) on node:crypto, for signatures on the hot path. What is known about an algorithm stands in
 * its row; neither `none` nor any HMAC is there, so no key that others know can ever verify.
 * @see RFC 7518 section 3, RFC 8037 section 3.1
 */
const rows = {
  RS256: { hash: 'sha256', key: 'rsa', padding: constants.RSA_PKCS1_PADDING },
  RS384: { hash: 'sha384', key: 'rsa', padding: constants.RSA_PKCS1_PADDING },
  PS256: { hash: 'sha256', key: 'rsa', padding: constants.RSA_PKCS1_PSS_PADDING },
  ES256: { hash: 'sha256', key: 'ec', curve: 'prime256v1', signatureBytes: 64 },
  ES384: { hash: 'sha384', key: 'ec', curve: 'secp384r1', signatureBytes: 96 },
  EdDSA: { hash: null, key: 'ed25519', signatureBytes: 64 }
} as const satisfies Readonly<Record<string, Row>>

type Row =
  | { readonly hash: string; readonly key: 'rsa'; readonly padding: number }
  | { readonly hash: string; readonly key: 'ec'; readonly curve: string; readonly signatureBytes: number }
  | { readonly hash: null; readonly key: 'ed25519'; readonly signatureBytes: number }

export type Algorithm = keyof typeof rows

export const algorithms = Object.keys(rows) as readonly Algorithm[]

/** A protected header. Members beyond these are kept as they are; whoever uses one checks it. */
export interface JwsHeader {
  readonly alg: Algorithm
  readonly kid?: string
  readonly typ?: string
  readonly cty?: string
  /** Certificates in base64 DER, leaf first. They prove nothing before their path has been checked. */
  readonly x5c?: readonly string[]
  readonly [member: string]: unknown
}

export interface JwsRules {
  /** What the caller takes here; anything else is refused before a key is looked for. */
  readonly algorithms: readonly Algorithm[]
  /** Header extensions that the caller understands and checks, for `crit`. */
  readonly critical?: readonly string[]
}

export interface DetachedJws {
  readonly header: JwsHeader
  /** The header as it was signed (base64url). */
  readonly encodedHeader: string
  readonly signature: Uint8Array
}

export interface Jws extends DetachedJws {
  readonly payload: Uint8Array
  /** ASCII of `header.payload`: what the signature is over. */
  readonly signingInput: Uint8Array
}

export class JwsError extends Error {
  override readonly name = 'JwsError'
  readonly kind: 'malformed' | 'algorithm' | 'critical'

  constructor(kind: JwsError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

/**
 * Reads `header.payload.signature` without verifying it. An empty payload is refused, so that a detached JWS is never
 * taken for one of nothing.
 * @throws JwsError `malformed`; `algorithm` if it is not among the caller's; `critical` for an unknown extension
 * @see RFC 7515 sections 3.1, 4.1 and 5.2
 */
export function parseCompact(text: string, rules: JwsRules): Jws {
  const [encodedHeader, encodedPayload, encodedSignature] = splitThree(text)
  if (encodedPayload === '') throw new JwsError('malformed', 'no payload')
  return {
    header: readHeader(encodedHeader, rules),
    encodedHeader,
    payload: decodePart(encodedPayload),
    signature: decodePart(encodedSignature),
    signingInput: Buffer.from(text.slice(0, text.lastIndexOf('.')), 'latin1')
  }
}

/**
 * Reads `header..signature`. The header often says how the payload is to be made canonical, so `detachedInput` takes
 * the payload later.
 * @throws JwsError
 * @see RFC 7515 appendix F
 */
export function parseDetached(text: string, rules: JwsRules): DetachedJws {
  const [encodedHeader, encodedPayload, encodedSignature] = splitThree(text)
  if (encodedPayload !== '') throw new JwsError('malformed', 'the payload is not detached')
  return { header: readHeader(encodedHeader, rules), encodedHeader, signature: decodePart(encodedSignature) }
}

/** @returns what a detached signature over this payload is over */
export function detachedInput(jws: DetachedJws, payload: Uint8Array): Buffer {
  return Buffer.from(`${jws.encodedHeader}.${encodeBase64url(payload)}`, 'latin1')
}

/** @returns whether key and algorithm belong together, and the key is one to rely on (`weaknessOf`) */
export function isKeyFor(alg: Algorithm, key: KeyObject): boolean {
  const row: Row = rows[alg]
  if (key.asymmetricKeyType !== row.key) return false
  if (row.key === 'ec' && key.asymmetricKeyDetails?.namedCurve !== row.curve) return false
  return weaknessOf(key) === undefined
}

/** The point that signing does not lead to: as R it gives the private key away, or the signature was made without one. */
const identity = Buffer.from(`01${'00'.repeat(31)}`, 'hex')

/**
 * Lengths are looked at first, since OpenSSL takes RSA-PSS signatures whose first zeros are missing. Of an ECDSA signature the
 * other one, with n − s, holds too (RFC 7518 asks for neither half), so that signatures never serve as names.
 * @returns false for a wrong signature, and for a key or a signature length that does not belong to the algorithm
 */
export function verifySignature(
  alg: Algorithm,
  signingInput: Uint8Array,
  signature: Uint8Array,
  key: KeyObject
): boolean {
  const row: Row = rows[alg]
  if (!isKeyFor(alg, key)) return false
  if (row.key === 'rsa') {
    if (signature.length !== Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)) return false
    return verifyBytes(row.hash, signingInput, rsaKey(row.padding, key), signature)
  }
  if (signature.length !== row.signatureBytes) return false
  if (row.key === 'ed25519' && identity.equals(signature.subarray(0, 32))) return false
  return verifyBytes(row.hash, signingInput, key, row.key === 'ec' ? rawToDer(signature) : signature)
}

/** @returns ASCII of `header.payload`, for a signature that is made elsewhere; `compact` puts both together */
export function signingInput(header: JwsHeader, payload: Uint8Array): string {
  return `${encodeBase64url(Buffer.from(JSON.stringify(header)))}.${encodeBase64url(payload)}`
}

export function compact(input: string, signature: Uint8Array): string {
  return `${input}.${encodeBase64url(signature)}`
}

/** The same with the payload left out. */
export function detached(input: string, signature: Uint8Array): string {
  return compact(`${input.slice(0, input.indexOf('.'))}.`, signature)
}

/**
 * @returns the signature in the form JOSE wants (ECDSA: r‖s)
 * @throws TypeError if the key does not belong to the algorithm
 */
export function signInput(alg: Algorithm, input: string | Uint8Array, key: KeyObject): Buffer {
  const row: Row = rows[alg]
  if (!isKeyFor(alg, key)) throw new TypeError(`the key is not for ${alg}`)
  const bytes = typeof input === 'string' ? Buffer.from(input, 'latin1') : input
  if (row.key === 'rsa') return signBytes(row.hash, bytes, rsaKey(row.padding, key))
  const signature = signBytes(row.hash, bytes, key)
  return row.key === 'ec' ? derToRaw(signature, row.signatureBytes) : signature
}

/** @returns a compact JWS */
export function sign(header: JwsHeader, payload: Uint8Array, key: KeyObject): string {
  const input = signingInput(header, payload)
  return compact(input, signInput(header.alg, input, key))
}

/** @returns a compact JWS without its payload: `header..signature` */
export function signDetached(header: JwsHeader, payload: Uint8Array, key: KeyObject): string {
  const input = signingInput(header, payload)
  return detached(input, signInput(header.alg, input, key))
}

function rsaKey(padding: number, key: KeyObject) {
  return padding === constants.RSA_PKCS1_PADDING ? key : { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}

function splitThree(text: string): [string, string, string] {
  const parts = text.split('.', 4)
  if (parts.length !== 3) throw new JwsError('malformed', 'not three parts')
  return parts as [string, string, string]
}

function decodePart(text: string): Buffer {
  try {
    return decodeBase64url(text)
  } catch (error) {
    if (error instanceof EncodingError) throw new JwsError('malformed', error.message)
    throw error
  }
}

/** Headers are shallow; the deepest member in use, `srCms`, has depth 4. */
const headerLimits = { maxDepth: 8 }

function readHeader(encoded: string, rules: JwsRules): JwsHeader {
  const header = parseHeader(decodePart(encoded))
  if (typeof header.alg !== 'string') throw new JwsError('malformed', 'alg is not a string')
  if (!(rules.algorithms as readonly string[]).includes(header.alg)) {
    throw new JwsError('algorithm', 'the algorithm is not accepted here')
  }
  for (const name of ['kid', 'typ', 'cty']) {
    if (Object.hasOwn(header, name) && typeof header[name] !== 'string') {
      throw new JwsError('malformed', `${name} is not a string`)
    }
  }
  if (Object.hasOwn(header, 'x5c') && !isListOfText(header.x5c)) {
    throw new JwsError('malformed', 'x5c is not a list of certificates')
  }
  if (Object.hasOwn(header, 'crit')) checkCritical(header, rules.critical ?? [])
  // RFC 7797: with `b64: false` the signature is over other bytes than these functions take.
  if (Object.hasOwn(header, 'b64') && header.b64 !== true) throw new JwsError('critical', 'b64 is not supported')
  return header as JwsHeader
}

function parseHeader(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const { value } = readJson(bytes, headerLimits)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new JwsError('malformed', `header: ${error.kind}`)
  }
  throw new JwsError('malformed', 'the header is not an object')
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'string')
}

/** RFC 7515 section 4.1.11: names of extensions that are there, each once, and all understood. */
function checkCritical(header: Readonly<Record<string, unknown>>, understood: readonly string[]): void {
  const names = header.crit
  if (!isListOfText(names) || new Set(names).size !== names.length) {
    throw new JwsError('malformed', 'crit is not a list of names')
  }
  for (const name of names) {
    if (!understood.includes(name)) throw new JwsError('critical', 'an extension is not understood')
    if (!Object.hasOwn(header, name)) throw new JwsError('malformed', 'crit names what is not there')
  }
}
