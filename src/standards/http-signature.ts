import type { KeyObject } from 'node:crypto'
import { verifySignature } from './jws.ts'
import {
  type BareItem,
  type Dictionary,
  type InnerList,
  parseDictionary,
  StructuredFieldError,
  serializeDictionary,
  serializeInnerList,
  serializeItem
} from './structured-fields.ts'

/**
 * HTTP message signatures (RFC 9421) over requests, with `ecdsa-p256-sha256`. Names of components carry no parameters
 * (`;sf`, `;req` and the like are refused).
 */

export interface SignedRequest {
  /** As it is sent: `POST`. */
  readonly method: string
  /** The absolute URL that the sender called. */
  readonly targetUri: string
  /** By lower-case name; several lines of one field joined by `, `. */
  readonly fields: Readonly<Record<string, string | undefined>>
}

export interface SignatureParameters {
  /** Seconds since 1970. */
  readonly created: number
  readonly keyid: string
  /** Unique for each message; the receiver remembers those of the last minutes. */
  readonly nonce: string
  /** Of the application; a signature made for another does not count. */
  readonly tag: string
}

export interface SignatureRules {
  readonly tag: string
  /** Components that must be signed; there may be more. */
  readonly covered: readonly string[]
  readonly keyOf: (keyid: string) => KeyObject | undefined
  /** Seconds since 1970. */
  readonly now: number
  /** How far `created` may be from `now`, either way. */
  readonly maxAgeSeconds: number
}

export class HttpSignatureError extends Error {
  override readonly name = 'HttpSignatureError'
  readonly kind: 'missing' | 'malformed' | 'coverage' | 'time' | 'key' | 'invalid'

  constructor(kind: HttpSignatureError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

const algorithm = 'ecdsa-p256-sha256'

/**
 * The two steps of signing, since the key may live elsewhere: sign `base` (ASCII) with ES256, then `signatureField`.
 * @param label of the signature in both fields
 * @param covered names of the components, in this order
 * @throws HttpSignatureError `coverage` if the request lacks one of them
 * @see RFC 9421 section 3.1
 */
export function prepareSignature(
  request: SignedRequest,
  label: string,
  covered: readonly string[],
  { created, keyid, nonce, tag }: SignatureParameters
): { readonly base: string; readonly signatureInput: string } {
  const list: InnerList = {
    items: covered.map(value => ({ value, parameters: new Map() })),
    parameters: new Map<string, BareItem>([
      ['created', created],
      ['keyid', keyid],
      ['nonce', nonce],
      ['alg', algorithm],
      ['tag', tag]
    ])
  }
  return {
    base: signatureBase(list, name => requestComponent(request, name)),
    signatureInput: serializeDictionary(new Map([[label, list]]))
  }
}

/** @param signature r‖s, 64 bytes */
export function signatureField(label: string, signature: Uint8Array): string {
  return serializeDictionary(new Map([[label, { value: signature, parameters: new Map() }]]))
}

/**
 * Verifies the one signature with the tag that is looked for. That `content-digest` fits the content and that the
 * nonce is new is for the caller to check.
 * @throws HttpSignatureError
 * @see RFC 9421 section 3.2
 */
export function verifyRequest(request: SignedRequest, rules: SignatureRules): SignatureParameters {
  const inputs = readField(request.fields['signature-input'])
  const signatures = readField(request.fields.signature)
  const [label, list] = withTag(inputs, rules.tag)
  const parameters = readParameters(list)
  const names = list.items.map(({ value }) => value)
  const missing = rules.covered.find(name => !names.includes(name))
  if (missing !== undefined) throw new HttpSignatureError('coverage', `${missing} is not signed`)
  const expires = list.parameters.get('expires')
  if (expires !== undefined && !(typeof expires === 'number' && expires >= rules.now)) {
    throw new HttpSignatureError('time', 'the signature has expired')
  }
  if (Math.abs(rules.now - parameters.created) > rules.maxAgeSeconds) {
    throw new HttpSignatureError('time', 'the signature is too old or of the future')
  }
  const key = rules.keyOf(parameters.keyid)
  if (key === undefined) throw new HttpSignatureError('key', 'the key is not known')
  const signature = signatures.get(label)
  if (signature === undefined || !('value' in signature) || !(signature.value instanceof Uint8Array)) {
    throw new HttpSignatureError('missing', 'no signature of that label')
  }
  const base = signatureBase(list, name => requestComponent(request, name))
  if (!verifySignature('ES256', Buffer.from(base), signature.value, key)) {
    throw new HttpSignatureError('invalid', 'the signature does not hold')
  }
  return parameters
}

/**
 * What a signature is over: a line for each component and one for the parameters.
 * @param find gives undefined if the message has no such component
 * @throws HttpSignatureError `malformed` for names given twice or with parameters; `coverage` for one that is not there
 * @see RFC 9421 section 2.5
 */
export function signatureBase(list: InnerList, find: (name: string) => string | undefined): string {
  const seen = new Set<string>()
  let base = ''
  for (const item of list.items) {
    const name = item.value
    if (typeof name !== 'string' || item.parameters.size > 0)
      throw new HttpSignatureError('malformed', 'not a plain name')
    if (seen.has(name) || name === '@signature-params') throw new HttpSignatureError('malformed', 'a name comes twice')
    seen.add(name)
    const value = find(name)
    if (value === undefined) throw new HttpSignatureError('coverage', 'the message lacks a signed component')
    // A line end inside a value would let one component pass for two.
    if (/[^\x20-\x7e\t]/.test(value)) throw new HttpSignatureError('malformed', 'a component is not ASCII')
    base += `${serializeItem(item)}: ${value}\n`
  }
  return `${base}"@signature-params": ${serializeInnerList(list)}`
}

function requestComponent(request: SignedRequest, name: string): string | undefined {
  if (name === '@method') return request.method
  if (name === '@target-uri') return request.targetUri
  if (name.startsWith('@') || name !== name.toLowerCase()) return undefined
  return Object.hasOwn(request.fields, name) ? request.fields[name]?.replace(/^[ \t]+|[ \t]+$/g, '') : undefined
}

function readField(text: string | undefined): Dictionary {
  if (text === undefined) throw new HttpSignatureError('missing', 'the request is not signed')
  try {
    return parseDictionary(text)
  } catch (error) {
    if (error instanceof StructuredFieldError) throw new HttpSignatureError('malformed', error.message)
    throw error
  }
}

function withTag(inputs: Dictionary, tag: string): readonly [string, InnerList] {
  const found: (readonly [string, InnerList])[] = []
  for (const [label, member] of inputs) {
    if ('items' in member && member.parameters.get('tag') === tag) found.push([label, member])
  }
  const [only, second] = found
  if (only === undefined) throw new HttpSignatureError('missing', 'no signature for this use')
  if (second !== undefined) throw new HttpSignatureError('malformed', 'more than one signature for this use')
  return only
}

function readParameters({ parameters }: InnerList): SignatureParameters {
  const created = parameters.get('created')
  const [keyid, nonce, alg, tag] = ['keyid', 'nonce', 'alg', 'tag'].map(name => parameters.get(name))
  if (alg !== algorithm) throw new HttpSignatureError('key', `the algorithm is not ${algorithm}`)
  if (
    typeof created !== 'number' ||
    typeof keyid !== 'string' ||
    typeof nonce !== 'string' ||
    typeof tag !== 'string'
  ) {
    throw new HttpSignatureError('malformed', 'a parameter is not there')
  }
  return { created, keyid, nonce, tag }
}
