/**
 * One element of DER (X.690) and the values that every reader of it needs: one way to write each, so that two readers cannot see two
 * things in the same bytes. `der.ts` reads and writes small things in whole values, `der-reader.ts` walks large ones by offsets.
 */

export class DerError extends Error {
  override readonly name = 'DerError'
}

/** Where an element begins, where its content begins and where both end. */
export interface DerPlace {
  readonly tag: number
  readonly at: number
  readonly from: number
  readonly end: number
}

/**
 * Reads the element that begins at `at`: tags below 31, definite lengths in their shortest form.
 * @throws DerError for anything else, or where it ends after `end`
 * @see ITU-T X.690 sections 8.1 and 10.1
 */
export function readPlace(bytes: Uint8Array, at = 0, end = bytes.length): DerPlace {
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

/** @returns an object identifier in dotted numbers; arcs may be as large as a UUID (X.667). @throws DerError */
export function oidIn(content: Uint8Array): string {
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

/** @returns the bytes of an INTEGER, which are its two's complement in the fewest bytes. @throws DerError */
export function integerIn(content: Uint8Array): Uint8Array {
  const [first, second = 0] = content
  if (first === undefined) throw new DerError('an integer without bytes')
  if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw new DerError('an integer longer than needed')
  return content
}

/** @returns an INTEGER from 0 to 2^31−1. @throws DerError */
export function smallIntegerIn(content: Uint8Array): number {
  const bytes = integerIn(content)
  if (bytes.length > 4 || bytes[0]! >= 0x80) throw new DerError('an integer out of range')
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}
