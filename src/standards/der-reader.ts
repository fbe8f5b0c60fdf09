import { DerError } from './der.ts'

/**
 * DER by offsets into one array of bytes, so that a list of megabytes is walked without a copy of any part; `der.ts` reads small
 * things in whole values.
 */

/** One element in DER: where it begins, where its content begins and where both end. */
export interface Der {
  readonly tag: number
  readonly at: number
  readonly from: number
  readonly end: number
}

/** Tags in one byte, as they stand in DER (class, constructed, number). */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18
} as const

/** `[number]` of the context, primitive or constructed. */
export const contextTag = (number: number, form: 'primitive' | 'constructed' = 'constructed'): number =>
  (form === 'constructed' ? 0xa0 : 0x80) + number

/**
 * Reads the element that begins at `at`: tags below 31, definite lengths in their shortest form.
 * @throws DerError for anything else, or where it ends after `end`
 * @see ITU-T X.690 sections 8.1 and 10.1
 */
export function readDer(bytes: Uint8Array, at = 0, end = bytes.length): Der {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || at + 2 > end) throw new DerError('an element is cut off')
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of more than one byte')
  let from = at + 2
  let length = first
  if (first >= 0x80) {
    const size = first & 0x7f
    if (size === 0 || size > 4 || from + size > end) throw new DerError('a length that is indefinite or too long')
    length = 0
    for (let i = 0; i < size; i += 1) length = length * 256 + bytes[from + i]!
    if (length < 0x80 || bytes[from] === 0) throw new DerError('a length not in its shortest form')
    from += size
  }
  if (from + length > end) throw new DerError('an element is cut off')
  return { tag, at, from, end: from + length }
}

/** Walks the elements inside one element, in order. */
export class DerReader {
  readonly bytes: Uint8Array
  readonly from: number
  readonly end: number
  at: number

  constructor(bytes: Uint8Array, within: Pick<Der, 'from' | 'end'> = { from: 0, end: bytes.length }) {
    this.bytes = bytes
    this.from = within.from
    this.at = within.from
    this.end = within.end
  }

  get isDone(): boolean {
    return this.at >= this.end
  }

  /** @throws DerError where another element stands here, or none */
  next(tag?: number): Der {
    const der = readDer(this.bytes, this.at, this.end)
    if (tag !== undefined && der.tag !== tag) throw new DerError(`tag ${tag} was expected, tag ${der.tag} stands there`)
    this.at = der.end
    return der
  }

  optional(tag: number): Der | undefined {
    return !this.isDone && this.bytes[this.at] === tag ? this.next(tag) : undefined
  }

  /** @throws DerError as `next` */
  enter(tag: number): DerReader {
    return new DerReader(this.bytes, this.next(tag))
  }

  enterOptional(tag: number): DerReader | undefined {
    const der = this.optional(tag)
    return der && new DerReader(this.bytes, der)
  }

  /** @throws DerError where more follows */
  finish(): void {
    if (!this.isDone) throw new DerError('more follows than was expected')
  }
}

/** All elements inside one, in order. @throws DerError */
export function childrenOf(bytes: Uint8Array, within: Pick<Der, 'from' | 'end'>): readonly Der[] {
  const reader = new DerReader(bytes, within)
  const found: Der[] = []
  while (!reader.isDone) found.push(reader.next())
  return found
}

export const contentOf = (bytes: Uint8Array, { from, end }: Der): Uint8Array => bytes.subarray(from, end)
/** The element with its tag and length. */
export const wholeOf = (bytes: Uint8Array, { at, end }: Der): Uint8Array => bytes.subarray(at, end)

/** @returns dotted numbers. @throws DerError */
export function readOid(bytes: Uint8Array, der: Der): string {
  if (der.tag !== tags.oid || der.from === der.end) throw new DerError('no object identifier')
  const numbers: number[] = []
  let value = 0
  for (let i = der.from; i < der.end; i += 1) {
    const byte = bytes[i]!
    if (value === 0 && byte === 0x80) throw new DerError('a number not in its shortest form')
    value = value * 128 + (byte & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER / 128) throw new DerError('a number too large')
    if (byte < 0x80) {
      numbers.push(value)
      value = 0
    } else if (i === der.end - 1) throw new DerError('an object identifier is cut off')
  }
  const [first = 0, ...others] = numbers
  const root = Math.min(Math.floor(first / 40), 2)
  return [root, first - root * 40, ...others].join('.')
}

/** @returns a number that is not negative and fits four bytes. @throws DerError */
export function readSmallInteger(bytes: Uint8Array, der: Der): number {
  const content = contentOf(bytes, der)
  if (content.length === 0 || content.length > 5 || content[0]! >= 0x80) throw new DerError('no small number')
  return content.reduce((sum, byte) => sum * 256 + byte, 0)
}

const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/**
 * UTCTime or GeneralizedTime as certificates, CRLs and OCSP have them: to the second, in UTC.
 * @returns milliseconds since 1970
 * @throws DerError
 * @see RFC 5280 section 4.1.2.5
 */
export function readTime(bytes: Uint8Array, der: Der): number {
  const text = Buffer.from(contentOf(bytes, der)).toString('latin1')
  const isUtc = der.tag === tags.utcTime
  if (!isUtc && der.tag !== tags.generalizedTime) throw new DerError('no time')
  const [, year = '', month, day, hour, minute, second] = (isUtc ? utcTime : generalizedTime).exec(text) ?? []
  const century = !isUtc ? '' : Number(year) >= 50 ? '19' : '20'
  const written = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const millis = Date.parse(written)
  if (Number.isNaN(millis) || new Date(millis).toISOString() !== written) throw new DerError('no time')
  return millis
}
