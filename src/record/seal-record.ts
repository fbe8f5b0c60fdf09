import type { AuditRecord } from '../document/audit-record.ts'
import { toInstant } from '../standards/fhir-time.ts'
import { hmacSha256 } from '../standards/hmac.ts'
import { canonicalize } from '../standards/jcs.ts'
import { leafHash } from '../standards/merkle.ts'
import { derive, type Keyring } from './keyring.ts'
import type { PreparedRecord } from './ports.ts'

/**
 * The key that opens one record and nothing else: HKDF of its document's, else its case's, else the log's secret (contract §11).
 */
export function recordKey(secret: Uint8Array, id: string): Uint8Array {
  return derive(secret, `leaf${id}`)
}

/** The leaf of a record: what the log publishes about it, which reveals neither who nor what. */
export function leafEntry(id: string, time: string, key: Uint8Array, event: Uint8Array): string {
  const hmac = hmacSha256(key, event).toString('base64url')
  return canonicalize({ id, time, hmac })
}

/** Seals an audit record under its own key and makes its leaf. `secret` is the document's, the case's or the log's. */
export function sealRecord(record: AuditRecord, secret: Uint8Array, keyring: Keyring): PreparedRecord {
  const key = recordKey(secret, record.id)
  const event = Buffer.from(JSON.stringify(record.event))
  const entry = leafEntry(record.id, toInstant(record.at), key, event)
  return {
    row: {
      id: record.id,
      act: record.act,
      outcome: record.outcome,
      case: record.case ?? null,
      document: record.document ?? null,
      entry,
      sealed: keyring.seal(key, `audit|${record.id}`, event),
      at: record.at
    },
    organizations: [...new Set(record.organizations)],
    leafHash: leafHash(Buffer.from(entry))
  }
}
