/**
 * UUIDs of versions 4 and 7 (RFC 9562 sections 5.4 and 5.7) from a clock and randomness that are handed in.
 */

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const randomBytesNeeded = 10
/** 12 bits of `rand_a`: how many ids of one millisecond stay in order before the clock is moved on. */
const maxCounter = 0xfff

/** @returns whether the text is a UUID in the canonical lower-case form, of any version that RFC 9562 defines */
export function isUuid(text: string): boolean {
  return pattern.test(text)
}

/**
 * @param now milliseconds since 1970
 * @param randomBytes gives as many random bytes as it is asked for
 * @returns makes UUIDv7s, each greater than the one before as text and as bytes, also when the clock stands or steps
 * back: the counter of section 6.2 method 1 starts at random in each millisecond
 */
export function uuidV7Factory(now: () => number, randomBytes: (size: number) => Uint8Array): () => string {
  let millis = -1
  let counter = 0
  return () => {
    const random = randomBytes(randomBytesNeeded)
    const time = Math.floor(now())
    if (time > millis) {
      millis = time
      // The upper half is left free for those that follow.
      counter = ((random[0]! << 8) | random[1]!) & (maxCounter >> 1)
    } else if (counter < maxCounter) {
      counter++
    } else {
      millis++
      counter = 0
    }
    const bytes = Buffer.allocUnsafe(16)
    bytes.writeUIntBE(millis, 0, 6)
    bytes.writeUInt16BE(0x7000 | counter, 6)
    bytes.set(random.subarray(2), 8)
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    return format(bytes)
  }
}

/**
 * @returns when a UUIDv7 was made, in milliseconds since 1970
 * @throws TypeError if it is none
 */
export function uuidV7Millis(uuid: string): number {
  if (!isUuid(uuid) || uuid[14] !== '7') throw new TypeError('not a UUIDv7')
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)
}

/** @param random 16 random bytes, which are not changed */
export function uuidV4(random: Uint8Array): string {
  if (random.length !== 16) throw new TypeError('a UUID is made of 16 bytes')
  const bytes = Buffer.from(random)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return format(bytes)
}

function format(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
