/**
 * DER (X.690), as much as certificates and time-stamps need: one way to write each value, so that two readers cannot see two
 * things in the same bytes. Definite lengths in their shortest form, tags of one byte, nothing behind the end.
 */

export class DerError extends Error {
  override readonly name = 'DerError'
}

/** One value with its tag. */
export interface Der {
  readonly tag: number
  readonly content: Uint8Array
  /** tag, length and content */
  readonly bytes: Uint8Array
}

/** Identifier octets; `context(n)` is `[n]` constructed, `primitive(n)` the same primitive. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context: (n: number) => 0xa0 + n,
  primitive: (n: number) => 0x80 + n
} as const

/** @throws DerError unless the bytes are one value and nothing else */
export function readDer(bytes: Uint8Array, tag?: number): Der {
  const members = new DerMembers(bytes)
  const value = tag === undefined ? members.any() : members.next(tag)
  members.end()
  return value
}

/** Reads the members of a SEQUENCE or SET one after the other; `end` says that nothing is left over. */
export class DerMembers {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(content: Uint8Array) {
    this.#bytes = content
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length
  }

  any(): Der {
    const bytes = this.#bytes
    const start = this.#at
    const tag = bytes[start]
    if (tag === undefined) throw new DerError('a member is missing')
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of more than one byte')
    const { length, at } = lengthAt(bytes, start + 1)
    const end = at + length
    if (end > bytes.length) throw new DerError('a value is cut off')
    this.#at = end
    return { tag, content: bytes.subarray(at, end), bytes: bytes.subarray(start, end) }
  }

  next(tag: number): Der {
    const value = this.optional(tag)
    if (!value) throw new DerError('a member is missing or of another type')
    return value
  }

  optional(tag: number): Der | undefined {
    return this.#bytes[this.#at] === tag ? this.any() : undefined
  }

  /** the members of a SEQUENCE that comes next */
  sequence(): DerMembers {
    return new DerMembers(this.next(tags.sequence).content)
  }

  end(): void {
    if (!this.isDone) throw new DerError('something stands behind the last member')
  }

  /** everything that is left, at most `most` members */
  rest(most: number): readonly Der[] {
    const all: Der[] = []
    while (!this.isDone) {
      if (all.length === most) throw new DerError('too many members')
      all.push(this.any())
    }
    return all
  }
}

function lengthAt(bytes: Uint8Array, at: number): { readonly length: number; readonly at: number } {
  const first = bytes[at]
  if (first === undefined) throw new DerError('a value is cut off')
  if (first < 0x80) return { length: first, at: at + 1 }
  const count = first & 0x7f
  if (count === 0 || count > 3) throw new DerError('a length that DER does not have, or is too large')
  if (at + count >= bytes.length) throw new DerError('a value is cut off')
  let length = 0
  for (let i = 1; i <= count; i++) length = length * 256 + bytes[at + i]!
  if (length < 0x80 || (count > 1 && bytes[at + 1] === 0)) throw new DerError('a length longer than needed')
  return { length, at: at + 1 + count }
}

/** @returns an object identifier in dotted numbers */
export function oidText({ content }: Der): string {
  if (content.length === 0 || content.length > 64 || content.at(-1)! >= 0x80) throw new DerError('not an identifier')
  const arcs: bigint[] = []
  let arc = 0n
  let isFirst = true
  for (const byte of content) {
    if (isFirst && byte === 0x80) throw new DerError('an arc longer than needed')
    arc = arc * 128n + BigInt(byte & 0x7f)
    isFirst = byte < 0x80
    if (!isFirst) continue
    arcs.push(arc)
    arc = 0n
  }
  const [joint, ...others] = arcs as [bigint, ...bigint[]]
  const root = joint < 80n ? joint / 40n : 2n
  return [root, joint - root * 40n, ...others].join('.')
}

/** @returns the bytes of an INTEGER, which are its two's complement in the fewest bytes */
export function integerBytes({ content }: Der): Uint8Array {
  const [first, second = 0] = content
  if (first === undefined) throw new DerError('an integer without bytes')
  if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw new DerError('an integer longer than needed')
  return content
}

/** @returns an INTEGER from 0 to 2^31−1 */
export function smallInteger(value: Der): number {
  const bytes = integerBytes(value)
  if (bytes.length > 4 || bytes[0]! >= 0x80) throw new DerError('an integer out of range')
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

const generalized = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/

/** @returns milliseconds since 1970; what is finer is cut off (RFC 3161 section 2.4.2: UTC, no zeros at the end) */
export function generalizedTime({ content }: Der): number {
  const match = generalized.exec(Buffer.from(content).toString('latin1'))
  if (!match) throw new DerError('not a time in UTC')
  const [, year, month, day, hour, minute, second, fraction = ''] = match
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const time = Date.parse(`${text}Z`)
  // the 30th of February is no day, and Date moves it to the next month
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(text)) throw new DerError('not a time in UTC')
  return time + Number(fraction.slice(0, 3).padEnd(3, '0'))
}

/** Writes one value: its tag, the shortest length and the parts as they are. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  const prefix = length < 0x80 ? [tag, length] : [tag, 0x80 + bytes.length, ...bytes]
  return Buffer.concat([Buffer.from(prefix), ...parts])
}

/** @param bytes a number that is not negative, most significant byte first */
export function derInteger(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.length === 0 ? Buffer.from([0]) : bytes.subarray(start)
  return der(tags.integer, digits[0]! >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), digits)
}

/** @param dotted e.g. `2.16.840.1.101.3.4.2.1` */
export function derOid(dotted: string): Buffer {
  const [root = 0n, second = 0n, ...others] = dotted.split('.').map(BigInt)
  const bytes = [root * 40n + second, ...others].flatMap(arc => {
    const digits = [Number(arc & 0x7fn)]
    for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 0x7fn) | 0x80)
    return digits
  })
  return der(tags.oid, Buffer.from(bytes))
}
