import type { DocumentId } from '../document/ids.ts'
import type { Permitted } from '../document/stages.ts'
import { hmacSha256 } from '../standards/hmac.ts'
import { derive, type FreshKey, type Keyring } from './keyring.ts'
import type { Evidence } from './tables.ts'

export interface DocumentRows {
  readonly row: Evidence['document']
  readonly fresh: FreshKey
  /** HMAC of the bytes for audit records: base64url, under a key of the document's, so that erasing it erases the link */
  readonly recordDigest: string
}

/** By which the same bytes are known again. @param digest SHA-256 */
export const bytesMacOf = (keyring: Pick<Keyring, 'mac'>, digest: Uint8Array): string =>
  keyring.mac('bytes', Buffer.from(digest).toString('base64url'))

/** The row of a document: its exact bytes and what was found about its signature, sealed under a key of its own. */
export function documentRows(
  keyring: Keyring,
  facts: {
    readonly id: DocumentId
    readonly permitted: Permitted
    readonly identifierMac: string
    /** SHA-256 of the bytes */
    readonly digest: Uint8Array
    readonly replaces: DocumentId | undefined
    readonly caseKey: Uint8Array
  }
): DocumentRows {
  const { id, permitted, identifierMac, digest, replaces, caseKey } = facts
  const { caller, at, bytes, document, kind, version, signature, permit } = permitted
  const fresh = keyring.freshKey(id, permit.case.id, caseKey)
  const recordDigest = hmacSha256(derive(fresh.key, 'digest'), digest).toString('base64url')
  return {
    fresh,
    recordDigest,
    row: {
      id,
      case: permit.case.id,
      kind: kind.code,
      version,
      organization: caller.organization,
      party: caller.party,
      identifierMac,
      bytesMac: bytesMacOf(keyring, digest),
      size: bytes.byteLength,
      day: (document.composition.date ?? '').slice(0, 10),
      sealed: keyring.seal(fresh.key, `document|${id}`, bytes),
      verification: keyring.seal(fresh.key, `verification|${id}`, Buffer.from(JSON.stringify(signature))),
      replaces: replaces ?? null,
      at
    }
  }
}
