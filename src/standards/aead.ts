import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'

/**
 * AES-256-GCM (NIST SP 800-38D) as one piece: nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes). Keys go in
 * as KeyObjects, as in `hmac.ts`.
 */

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** The sealed bytes were altered, or sealed under another key or for another purpose. It does not show which. */
export class SealError extends Error {
  override readonly name = 'SealError'

  constructor() {
    super('the seal does not hold')
  }
}

/**
 * @param key 32 bytes
 * @param aad bound to the result without being in it: say what the plaintext is, so that no sealed value fits elsewhere
 * @param nonce 12 bytes, never used twice with one key; random ones serve for 2^32 values of one key
 * @throws TypeError for a key or nonce of another length
 */
export function seal(key: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, nonce: Uint8Array): Buffer {
  if (key.length !== keyBytes) throw new TypeError('an AES-256 key has 32 bytes')
  if (nonce.length !== nonceBytes) throw new TypeError('a nonce has 12 bytes')
  const cipher = createCipheriv(algorithm, createSecretKey(key), nonce, { authTagLength: tagBytes })
  cipher.setAAD(aad)
  const body = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

/**
 * @returns the plaintext
 * @throws SealError
 * @throws TypeError for a key of another length
 */
export function open(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer {
  if (key.length !== keyBytes) throw new TypeError('an AES-256 key has 32 bytes')
  if (sealed.length < nonceBytes + tagBytes) throw new SealError()
  const decipher = createDecipheriv(algorithm, createSecretKey(key), sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes
  })
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  const plaintext = decipher.update(sealed.subarray(nonceBytes, -tagBytes))
  try {
    // GCM is a stream cipher: final() gives no bytes, only the verdict.
    decipher.final()
  } catch {
    throw new SealError()
  }
  return plaintext
}
