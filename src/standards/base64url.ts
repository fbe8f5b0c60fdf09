/** Text that is not the one encoding of some bytes. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError'
}

/**
 * Decodes base64url without padding (RFC 4648 section 5, as RFC 7515 section 2 uses it).
 *
 * Node's decoder skips what it does not know and ignores the bits left over, so that many texts give the same bytes
 * and a signed text could be altered unseen. Only text that encodes again to itself is taken.
 * @throws EncodingError
 */
export function decodeBase64url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new EncodingError('not base64url without padding')
  return bytes
}

/** @returns base64url without padding */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}
