import { createCipheriv, randomBytes } from 'node:crypto'

/** AES-256-GCM: nonce ‖ ciphertext ‖ tag. */
export function seal(key: Uint8Array, plain: Uint8Array): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const body = cipher.update(plain)
  cipher.final()
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}
