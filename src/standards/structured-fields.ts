import { decodeBase64, encodeBase64 } from './base64.ts'
import { EncodingError } from './base64url.ts'

/**
 * Structured field values (RFC 9651, before that RFC 8941): dictionaries, which is what signatures and digests use, and
 * items, which is how certificates are passed on.
 * Decimals, dates and display strings are refused; so is a key that comes twice, where the RFC would take the last.
 */

export type BareItem = string | number | boolean | Token | Uint8Array

export interface Token {
  readonly token: string
}

export type Parameters = ReadonlyMap<string, BareItem>

export interface Item {
  readonly value: BareItem
  readonly parameters: Parameters
}

export interface InnerList {
  readonly items: readonly Item[]
  readonly parameters: Parameters
}

export type Dictionary = ReadonlyMap<string, Item | InnerList>

export class StructuredFieldError extends Error {
  override readonly name = 'StructuredFieldError'
}

/**
 * An item alone, with its parameters.
 * @throws StructuredFieldError
 */
export function parseItem(text: string): Item {
  const input = new Input(text.replace(/^ +/, '').replace(/ +$/, ''))
  const item = readItem(input)
  if (!input.isAtEnd) throw new StructuredFieldError('something after the item')
  return item
}

/** @throws StructuredFieldError */
export function parseDictionary(text: string): Dictionary {
  const input = new Input(text.replace(/^ +/, '').replace(/ +$/, ''))
  const members = new Map<string, Item | InnerList>()
  while (!input.isAtEnd) {
    const key = input.take(keyPattern)
    if (members.has(key)) throw new StructuredFieldError('a key comes twice')
    members.set(key, input.skip('=') ? readMember(input) : { value: true, parameters: readParameters(input) })
    if (input.isAtEnd) return members
    input.take(/[ \t]*,[ \t]*/y)
    if (input.isAtEnd) throw new StructuredFieldError('a comma at the end')
  }
  return members
}

export function serializeDictionary(members: Dictionary): string {
  return Array.from(members, ([key, member]) => {
    if (!('items' in member) && member.value === true) return `${key}${serializeParameters(member.parameters)}`
    return `${key}=${'items' in member ? serializeInnerList(member) : serializeItem(member)}`
  }).join(', ')
}

export function serializeInnerList({ items, parameters }: InnerList): string {
  return `(${items.map(serializeItem).join(' ')})${serializeParameters(parameters)}`
}

export function serializeItem({ value, parameters }: Item): string {
  return `${serializeBareItem(value)}${serializeParameters(parameters)}`
}

const keyPattern = /[a-z*][a-z0-9_.*-]*/y
const maxInteger = 999_999_999_999_999

/** Text with a place in it; sticky patterns take what comes next. */
class Input {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  peek(): string {
    return this.#text.charAt(this.#at)
  }

  skip(character: string): boolean {
    if (this.peek() !== character) return false
    this.#at++
    return true
  }

  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) throw new StructuredFieldError(`malformed at ${this.#at}`)
    this.#at += found.length
    return found
  }
}

function readMember(input: Input): Item | InnerList {
  return input.skip('(') ? readInnerList(input) : readItem(input)
}

function readInnerList(input: Input): InnerList {
  const items: Item[] = []
  input.take(/ */y)
  while (!input.skip(')')) {
    items.push(readItem(input))
    if (input.peek() !== ')') input.take(/ +/y)
  }
  return { items, parameters: readParameters(input) }
}

function readItem(input: Input): Item {
  return { value: readBareItem(input), parameters: readParameters(input) }
}

function readParameters(input: Input): Parameters {
  const parameters = new Map<string, BareItem>()
  while (input.skip(';')) {
    input.take(/ */y)
    const key = input.take(keyPattern)
    if (parameters.has(key)) throw new StructuredFieldError('a parameter comes twice')
    parameters.set(key, input.skip('=') ? readBareItem(input) : true)
  }
  return parameters
}

function readBareItem(input: Input): BareItem {
  const first = input.peek()
  if (first === '"') return readString(input)
  if (first === ':') return readBytes(input)
  if (first === '?') return input.take(/\?[01]/y) === '?1'
  if (first === '-' || (first >= '0' && first <= '9')) return readInteger(input)
  return { token: input.take(/[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y) }
}

function readString(input: Input): string {
  const quoted = input.take(/"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y)
  return quoted.slice(1, -1).replaceAll(/\\(["\\])/g, '$1')
}

function readBytes(input: Input): Uint8Array {
  try {
    return decodeBase64(input.take(/:[A-Za-z0-9+/=]*:/y).slice(1, -1))
  } catch (error) {
    if (error instanceof EncodingError) throw new StructuredFieldError(error.message)
    throw error
  }
}

function readInteger(input: Input): number {
  const text = input.take(/-?[0-9]{1,15}/y)
  if (/[0-9.]/.test(input.peek())) throw new StructuredFieldError('not an integer of at most 15 digits')
  return text === '-0' ? 0 : Number(text)
}

function serializeParameters(parameters: Parameters): string {
  return Array.from(parameters, ([key, value]) => {
    return value === true ? `;${key}` : `;${key}=${serializeBareItem(value)}`
  }).join('')
}

function serializeBareItem(value: BareItem): string {
  if (typeof value === 'boolean') return value ? '?1' : '?0'
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || Math.abs(value) > maxInteger) throw new TypeError('not an integer of 15 digits')
    return `${value}`
  }
  if (typeof value === 'string') {
    if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError('strings of structured fields are ASCII')
    return `"${value.replaceAll(/["\\]/g, '\\$&')}"`
  }
  return value instanceof Uint8Array ? `:${encodeBase64(value)}:` : value.token
}
