import { EncodingError } from './base64url.ts'

/**
 * Decodes base64 with padding and nothing else in it, no line ends either (RFC 4648 section 4). Only text that encodes
 * again to itself is taken; see `decodeBase64url` for why.
 * @throws EncodingError
 */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new EncodingError('not base64 with padding')
  return bytes
}

/** @returns base64 with padding, in one line */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
