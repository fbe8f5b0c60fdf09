import { DerError, type DerPlace, oidIn, readPlace, smallIntegerIn } from './der-element.ts'

/**
 * DER by offsets into one array of bytes, so that a list of megabytes is walked without a copy of any part; `der.ts` reads small
 * things in whole values.
 */

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

/** Walks the elements inside one element, in order. */
export class DerReader {
  readonly bytes: Uint8Array
  readonly from: number
  readonly end: number
  at: number

  constructor(bytes: Uint8Array, within: Pick<DerPlace, 'from' | 'end'> = { from: 0, end: bytes.length }) {
    this.bytes = bytes
    this.from = within.from
    this.at = within.from
    this.end = within.end
  }

  get isDone(): boolean {
    return this.at >= this.end
  }

  /** @throws DerError where another element stands here, or none */
  next(tag?: number): DerPlace {
    const der = readPlace(this.bytes, this.at, this.end)
    if (tag !== undefined && der.tag !== tag) throw new DerError(`tag ${tag} was expected, tag ${der.tag} stands there`)
    this.at = der.end
    return der
  }

  optional(tag: number): DerPlace | undefined {
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
export function childrenOf(bytes: Uint8Array, within: Pick<DerPlace, 'from' | 'end'>): readonly DerPlace[] {
  const reader = new DerReader(bytes, within)
  const found: DerPlace[] = []
  while (!reader.isDone) found.push(reader.next())
  return found
}

export const contentOf = (bytes: Uint8Array, { from, end }: DerPlace): Uint8Array => bytes.subarray(from, end)
/** The element with its tag and length. */
export const wholeOf = (bytes: Uint8Array, { at, end }: DerPlace): Uint8Array => bytes.subarray(at, end)

/** @returns dotted numbers. @throws DerError */
export function readOid(bytes: Uint8Array, der: DerPlace): string {
  if (der.tag !== tags.oid) throw new DerError('no object identifier')
  return oidIn(contentOf(bytes, der))
}

/** @returns a number that is not negative. @throws DerError */
export const readSmallInteger = (bytes: Uint8Array, der: DerPlace): number => smallIntegerIn(contentOf(bytes, der))

const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/**
 * UTCTime or GeneralizedTime as certificates, CRLs and OCSP have them: to the second, in UTC.
 * @returns milliseconds since 1970
 * @throws DerError
 * @see RFC 5280 section 4.1.2.5
 */
export function readTime(bytes: Uint8Array, der: DerPlace): number {
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
