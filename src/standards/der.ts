import { DerError, integerIn, oidIn, readPlace, smallIntegerIn } from './der-element.ts'

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
    if (this.isDone) throw new DerError('a member is missing')
    const { tag, at, from, end } = readPlace(this.#bytes, this.#at)
    this.#at = end
    return { tag, content: this.#bytes.subarray(from, end), bytes: this.#bytes.subarray(at, end) }
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

/** @returns an object identifier in dotted numbers */
export const oidText = ({ content }: Der): string => oidIn(content)

export const integerBytes = ({ content }: Der): Uint8Array => integerIn(content)
export const smallInteger = ({ content }: Der): number => smallIntegerIn(content)

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
