/**
 * The two ways to write an ECDSA signature: `r‖s` of fixed length (IEEE P1363, used by JOSE and HTTP signatures) and
 * the DER sequence of two integers that OpenSSL works on. Node can do this itself (`dsaEncoding: 'ieee-p1363'`), at
 * nearly the price of a second verification.
 * @see RFC 7518 section 3.4, RFC 3279 section 2.2.3
 */

/** @param raw r‖s, 64 or 96 bytes; the caller has checked the length */
export function rawToDer(raw: Uint8Array): Buffer {
  const half = raw.length / 2
  const rStart = firstByte(raw, 0, half)
  const sStart = firstByte(raw, half, raw.length)
  const rLength = derLength(raw, rStart, half)
  const sLength = derLength(raw, sStart, raw.length)
  const der = Buffer.alloc(6 + rLength + sLength)
  der[0] = 0x30
  der[1] = 4 + rLength + sLength
  der[2] = 0x02
  der[3] = rLength
  der.set(raw.subarray(rStart, half), 4 + rLength - (half - rStart))
  der[4 + rLength] = 0x02
  der[5 + rLength] = sLength
  der.set(raw.subarray(sStart), der.length - (raw.length - sStart))
  return der
}

/**
 * @param der as OpenSSL writes it
 * @param length of r‖s in bytes
 */
export function derToRaw(der: Uint8Array, length: number): Buffer {
  const raw = Buffer.alloc(length)
  const rEnd = 4 + der[3]!
  putInteger(der, 4, rEnd, raw, length / 2)
  putInteger(der, rEnd + 2, der.length, raw, length)
  return raw
}

/** DER integers are minimal: no leading zeros, but one where the first bit would read as a sign. */
function firstByte(raw: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end - 1 && raw[at] === 0) at++
  return at
}

function derLength(raw: Uint8Array, start: number, end: number): number {
  return end - start + (raw[start]! >= 0x80 ? 1 : 0)
}

function putInteger(der: Uint8Array, from: number, end: number, raw: Buffer, rawEnd: number): void {
  const start = der[from] === 0 ? from + 1 : from
  raw.set(der.subarray(start, end), rawEnd - (end - start))
}
