import { createHmac } from 'node:crypto'
import { decodeBase64url } from '../../src/standards/base64url.ts'
import { canonicalize } from '../../src/standards/jcs.ts'
import { leafHash } from '../../src/standards/merkle.ts'

/** What opens one record of the log (contract §6.3, §11). */
export interface AuditLeaf {
  readonly id: string
  /** UTC with milliseconds */
  readonly time: string
  /** base64url: of this record alone */
  readonly key: string
  /** base64url of the AuditEvent, byte by byte */
  readonly record: string
}

/** The hash that the log must hold if this is the record: over its id, its time and its HMAC. */
export function leafHashOf({ id, time, key, record }: AuditLeaf): Buffer {
  const hmac = createHmac('sha256', decodeBase64url(key)).update(decodeBase64url(record)).digest('base64url')
  return leafHash(Buffer.from(canonicalize({ id, time, hmac })))
}
