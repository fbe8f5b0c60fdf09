import { hash } from 'node:crypto'
import { decodeBase64url, EncodingError, encodeBase64url } from './base64url.ts'
import { JsonError, readJson } from './json.ts'
import { type Jws, type JwsRules, parseCompact } from './jws.ts'

/**
 * SD-JWT (RFC 9901): a signed JWT some of whose claims stand in it as digests of salted disclosures, which are handed out or kept
 * back one by one. This reader refuses whatever section 7.1 says to refuse, and takes no key binding: who wants it must ask.
 */

export class SdJwtError extends Error {
  override readonly name = 'SdJwtError'
}

/** A disclosure, read: an element of an array, or a member of an object. */
export interface Disclosed {
  readonly salt: string
  /** undefined: an element of an array */
  readonly name: string | undefined
  readonly value: unknown
}

/** @returns a disclosure of an array element (section 4.2.2) */
export const elementDisclosure = (salt: Uint8Array, value: unknown): string => encoded([encodeBase64url(salt), value])

/** @returns a disclosure of an object member (section 4.2.1) */
export function memberDisclosure(salt: Uint8Array, name: string, value: unknown): string {
  if (reserved.has(name)) throw new TypeError(`${name} is no name for a claim`)
  return encoded([encodeBase64url(salt), name, value])
}

/** The digest of a disclosure, over its base64url as it is (section 4.2.3); decoys are digests of nothing. */
export const disclosureDigest = (disclosure: string): string => hash('sha256', disclosure, 'base64url')

/** A JWS and disclosures as one text: `<JWS>~d1~d2~` (section 4). */
export const formatSdJwt = (jws: string, disclosures: readonly string[]): string =>
  `${[jws, ...disclosures].join('~')}~`

export interface SdJwt {
  readonly jws: Jws
  readonly disclosures: readonly string[]
}

/**
 * Reads an SD-JWT without verifying its signature.
 * @throws SdJwtError for one that is bound to a key, too; JwsError
 */
export function parseSdJwt(text: string, rules: JwsRules): SdJwt {
  const [jws = '', ...rest] = text.split('~')
  if (rest.at(-1) !== '') throw new SdJwtError(rest.length === 0 ? 'no ~' : 'bound to a key')
  const disclosures = rest.slice(0, -1)
  if (disclosures.includes('')) throw new SdJwtError('an empty disclosure')
  return { jws: parseCompact(jws, rules), disclosures }
}

/** @throws SdJwtError */
export function readDisclosure(disclosure: string): Disclosed {
  const parts = jsonIn(bytesOf(disclosure))
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') throw new SdJwtError('a disclosure is no salted claim')
  const [salt, name, value] = parts
  if (parts.length === 2) return { salt, name: undefined, value: name }
  if (parts.length !== 3 || typeof name !== 'string') throw new SdJwtError('a disclosure is no salted claim')
  if (reserved.has(name)) throw new SdJwtError('a claim has a name that none may have')
  return { salt, name, value }
}

/**
 * The claims that these disclosures open; what nobody opens is left out.
 * @returns claims without `_sd`, `...` and `_sd_alg`
 * @throws SdJwtError for anything that section 7.1 refuses
 */
export function openClaims({ jws, disclosures }: SdJwt): Claims {
  const payload = jsonIn(jws.payload)
  if (!isClaims(payload)) throw new SdJwtError('the payload is no object')
  const { _sd_alg: algorithm = 'sha-256', ...claims } = payload
  if (algorithm !== 'sha-256') throw new SdJwtError('another hash than sha-256')
  const opening = new Opening(disclosures)
  const opened = opening.object(claims, 0)
  opening.requireAllUsed()
  return opened
}

export type Claims = Readonly<Record<string, unknown>>

/** `__proto__` would be no member but another object's */
const reserved: ReadonlySet<string> = new Set(['_sd', '...', '__proto__'])
/** Each disclosure may hold digests of further ones. */
const maxDepth = 32

/** One walk through a payload: every digest stands in it once, every disclosure is met. */
class Opening {
  readonly #disclosures: ReadonlyMap<string, string>
  readonly #met = new Set<string>()

  constructor(disclosures: readonly string[]) {
    this.#disclosures = new Map(disclosures.map(disclosure => [disclosureDigest(disclosure), disclosure]))
    if (this.#disclosures.size < disclosures.length) throw new SdJwtError('a disclosure comes twice')
  }

  object(source: Claims, depth: number): Claims {
    if (depth > maxDepth) throw new SdJwtError('too deep')
    const { _sd: digests = [], ...clear } = source
    if (!Array.isArray(digests)) throw new SdJwtError('_sd is no list')
    if (Object.hasOwn(clear, '...') || Object.hasOwn(clear, '_sd_alg'))
      throw new SdJwtError('a name in the wrong place')
    const entries = Object.entries(clear).map(([name, value]) => [name, this.#value(value, depth)] as const)
    const members = new Map(entries)
    for (const digest of digests) {
      const disclosed = this.#meet(digest)
      if (!disclosed) continue
      const { name, value } = disclosed
      if (name === undefined) throw new SdJwtError('an element among members')
      if (members.has(name)) throw new SdJwtError('a claim that is there already')
      members.set(name, this.#value(value, depth))
    }
    return Object.fromEntries(members)
  }

  requireAllUsed(): void {
    for (const digest of this.#disclosures.keys()) {
      if (!this.#met.has(digest)) throw new SdJwtError('a disclosure of nothing that was signed')
    }
  }

  #value(value: unknown, depth: number): unknown {
    if (Array.isArray(value)) return this.#list(value, depth + 1)
    return isClaims(value) ? this.object(value, depth + 1) : value
  }

  #list(list: readonly unknown[], depth: number): readonly unknown[] {
    if (depth > maxDepth) throw new SdJwtError('too deep')
    return list.flatMap(element => {
      if (!isClaims(element) || !Object.hasOwn(element, '...')) return [this.#value(element, depth)]
      if (Object.keys(element).length !== 1) throw new SdJwtError('more than a digest in the place of an element')
      const disclosed = this.#meet(element['...'])
      if (!disclosed) return []
      if (disclosed.name !== undefined) throw new SdJwtError('a member among elements')
      return [this.#value(disclosed.value, depth)]
    })
  }

  #meet(digest: unknown): Disclosed | undefined {
    if (typeof digest !== 'string') throw new SdJwtError('a digest is no text')
    if (this.#met.has(digest)) throw new SdJwtError('a digest comes twice')
    this.#met.add(digest)
    const disclosure = this.#disclosures.get(digest)
    return disclosure === undefined ? undefined : readDisclosure(disclosure)
  }
}

const encoded = (parts: readonly unknown[]): string => encodeBase64url(Buffer.from(JSON.stringify(parts)))

function bytesOf(text: string): Uint8Array {
  try {
    return decodeBase64url(text)
  } catch (error) {
    if (error instanceof EncodingError) throw new SdJwtError('a disclosure is not base64url')
    throw error
  }
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return readJson(bytes, { maxDepth }).value
  } catch (error) {
    if (error instanceof JsonError) throw new SdJwtError(`JSON: ${error.kind}`)
    throw error
  }
}

const isClaims = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
