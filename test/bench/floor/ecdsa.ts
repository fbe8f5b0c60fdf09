import { type KeyObject, sign, verify } from 'node:crypto'

/**
 * ECDSA with signatures as JOSE writes them, `r‖s`. The change to and from DER is made by hand: Node's own
 * `dsaEncoding: 'ieee-p1363'` costs as much as half a verification.
 */
export interface Curve {
  readonly hash: 'sha256' | 'sha384'
  /** bytes of each of r and s */
  readonly half: number
}

export const es256: Curve = { hash: 'sha256', half: 32 }
export const es384: Curve = { hash: 'sha384', half: 48 }

export function holds({ hash, half }: Curve, input: string, raw: Buffer, key: KeyObject): boolean {
  if (raw.length !== 2 * half) return false
  const [r, s] = [integer(raw.subarray(0, half)), integer(raw.subarray(half))]
  const der = Buffer.concat([Buffer.of(0x30, r.length + s.length), r, s])
  return verify(hash, Buffer.from(input, 'latin1'), key, der)
}

/** @returns base64url of `r‖s` */
export function signed({ hash, half }: Curve, input: string, key: KeyObject): string {
  const der = sign(hash, Buffer.from(input, 'latin1'), key)
  const raw = Buffer.alloc(2 * half)
  let at = 2
  for (const end of [half, 2 * half]) {
    const stop = at + 2 + der[at + 1]!
    const start = Math.max(at + 2, stop - half)
    der.copy(raw, end - (stop - start), start, stop)
    at = stop
  }
  return raw.toString('base64url')
}

function integer(bytes: Buffer): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const body = bytes.subarray(start)
  const head = body[0]! >= 0x80 ? [2, body.length + 1, 0] : [2, body.length]
  return Buffer.concat([Buffer.from(head), body])
}
