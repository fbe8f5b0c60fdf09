import { createSecretKey, hkdfSync } from 'node:crypto'

/**
 * HKDF with SHA-256 (RFC 5869), extract and expand in one. The secret goes in as a KeyObject, as in `hmac.ts`.
 * @param secret input keying material, itself of full strength
 * @param info keeps keys of one secret apart; text is taken as UTF-8
 * @param length of the key in bytes, at most 8160
 * @param salt empty unless both sides know one
 */
export function hkdf(
  secret: Uint8Array,
  info: string | Uint8Array,
  length = 32,
  salt: Uint8Array = new Uint8Array()
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', createSecretKey(secret), salt, info, length))
}
