import { createHash } from 'node:crypto'
import { decodeBase64url } from '../../src/standards/base64url.ts'
import { parseCompact, verifySignature } from '../../src/standards/jws.ts'
import { verifyInclusion } from '../../src/standards/merkle.ts'
import { openNote, parseCheckpoint } from '../../src/standards/signed-note.ts'
import { type AuditLeaf, leafHashOf } from './audit-leaf.ts'
import type { GatewayTrust } from './gateway-trust.ts'

/** Claims of a receipt (contract §6.3), as far as its holder needs them. */
export interface Receipt {
  readonly iss: string
  readonly jti: string
  readonly act: string
  readonly reference: string
  readonly document: string
  readonly bytes: number
  readonly kind: string
  readonly case: string
  readonly leafIndex: number
  readonly leafHash: string
  readonly treeSize: number
  readonly rootHash: string
  readonly inclusion: readonly string[]
  readonly checkpoint: string
  readonly opening?: AuditLeaf
}

/**
 * Checks a receipt as its holder can years later, with nothing but the bytes and the keys that were kept: who signed it,
 * that it is about these bytes, that the act stands in the log whose head the log's key signed, and, where the receipt
 * opens the record behind it, that this record is what the leaf was made of.
 * @param bytes what was sent or got; undefined for acts on a consent
 * @throws Error saying what does not hold
 */
export function verifyReceipt(receipt: string, bytes: Uint8Array | undefined, trust: GatewayTrust): Receipt {
  const { header, payload, signature, signingInput } = parseCompact(receipt, { algorithms: ['ES256'] })
  if (header.typ !== 'ryoritsu-receipt+jwt') throw new Error(`a ${header.typ} is no receipt`)
  const key = trust.keys.get(header.kid ?? '')
  if (key?.purpose !== 'receipt') throw new Error('the receipt is signed by no receipt key of the gateway')
  if (!verifySignature('ES256', signingInput, signature, key.key)) throw new Error('the receipt’s signature is broken')
  const claims = JSON.parse(Buffer.from(payload).toString()) as Receipt
  if (claims.iss !== trust.issuer) throw new Error('the receipt is another gateway’s')
  if (bytes && claims.document !== createHash('sha256').update(bytes).digest('base64url'))
    throw new Error('the receipt is about other bytes')
  if (bytes && claims.bytes !== bytes.byteLength) throw new Error('the receipt counts other bytes')
  checkLog(claims, trust)
  if (claims.opening && !decodeBase64url(claims.leafHash).equals(leafHashOf(claims.opening)))
    throw new Error('the leaf is not of the record that the receipt opens')
  return claims
}

function checkLog(claims: Receipt, { log }: GatewayTrust): void {
  const head = parseCheckpoint(openNote(claims.checkpoint, log).text)
  const root = decodeBase64url(claims.rootHash)
  if (head.size !== claims.treeSize || !root.equals(head.root)) throw new Error('the checkpoint is of another tree')
  const proof = claims.inclusion.map(decodeBase64url)
  if (!verifyInclusion(decodeBase64url(claims.leafHash), claims.leafIndex, claims.treeSize, proof, root))
    throw new Error('the leaf is not in the log')
}
