import { hash } from 'node:crypto'
import { parseDictionary, StructuredFieldError, serializeDictionary } from './structured-fields.ts'

/**
 * The `Content-Digest` field with SHA-256 (RFC 9530).
 * @param content the bytes of the message as they are sent
 */
export function contentDigest(content: Uint8Array): string {
  return serializeDictionary(
    new Map([['sha-256', { value: hash('sha256', content, 'buffer'), parameters: new Map() }]])
  )
}

/** @returns whether the field holds a SHA-256 of exactly this content; digests of other algorithms are passed over */
export function contentDigestHolds(field: string, content: Uint8Array): boolean {
  try {
    const member = parseDictionary(field).get('sha-256')
    if (member === undefined || !('value' in member) || !(member.value instanceof Uint8Array)) return false
    return Buffer.compare(member.value, hash('sha256', content, 'buffer')) === 0
  } catch (error) {
    if (error instanceof StructuredFieldError) return false
    throw error
  }
}
