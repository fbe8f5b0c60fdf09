const step = 4096

/**
 * The bytes of a derived document: its JSON, filled up with spaces, so that the size tells next to nothing of what is
 * withheld. Spaces after the value are JSON (RFC 8259 §2), and belong to the recorded bytes.
 * @returns UTF-8, a multiple of 4096 bytes
 */
export function pad(json: string): Uint8Array {
  const { length } = Buffer.from(json)
  return Buffer.from(json + ' '.repeat((step - (length % step)) % step))
}
