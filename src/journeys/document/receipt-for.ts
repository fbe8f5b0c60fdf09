import { createHash } from 'node:crypto'
import type { AuditRecord } from '../../document/audit-record.ts'
import type { DocumentId } from '../../document/ids.ts'
import type { Permitted } from '../../document/stages.ts'
import type { Appended } from '../../record/append.ts'
import { type LeafProof, proofInCommit, type ReceiptFacts, signReceipt } from '../../record/receipt.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { inclusionPlan, peaks, rootOf } from '../../standards/merkle.ts'
import type { Parts } from '../parts.ts'
import type { StoredRecord } from '../ports.ts'

/** The receipt of a deposit that has just been committed: its proof is in the commit's own head, nothing is read. */
export async function receiptFor(
  parts: Parts,
  made: {
    readonly permitted: Permitted
    readonly id: DocumentId
    readonly digest: Uint8Array
    readonly record: AuditRecord
    readonly appended: Appended
  }
): Promise<string> {
  const { permitted, id, digest, record, appended } = made
  return signReceipt(
    parts.receipts,
    {
      act: 'document-deposit',
      reference: `DocumentReference/${id}`,
      digest,
      bytes: permitted.bytes.byteLength,
      kind: permitted.kind.code,
      case: permitted.permit.case.identifier,
      recorded: toInstant(record.at),
      record: record.id
    },
    proofInCommit(appended.head, appended.leaves[0]!, appended.entries[0]!)
  )
}

/** The same claims signed anew, for a repeat. */
export async function receiptAgain(parts: Parts, id: DocumentId, withOpening = false): Promise<string> {
  const stored = (await parts.documents.document(id))!
  const snapshot = (await parts.cases.byId(stored.case))!
  const record = ((await parts.audit.recordOf(id, 'document-deposit')) ??
    (await parts.audit.recordOf(id, 'document-replace')))!
  const bytes = await parts.documents.documentBytes(id)
  const facts = {
    act: 'document-deposit',
    reference: `DocumentReference/${id}`,
    digest: createHash('sha256').update(bytes).digest(),
    bytes: bytes.byteLength,
    kind: stored.kind,
    case: snapshot.identifier,
    recorded: toInstant(record.at),
    record: record.id
  } as const
  return receiptOfRecord(parts, record, facts, withOpening)
}

/** A receipt over any stored record; `opening` lets its holder open that one record (contract §11). */
export async function receiptOfRecord(
  parts: Parts,
  record: StoredRecord,
  facts: ReceiptFacts,
  withOpening = false
): Promise<string> {
  const opening = {
    id: record.id,
    time: toInstant(record.at),
    key: encodeBase64url(record.key),
    record: encodeBase64url(record.event)
  }
  return signReceipt(
    parts.receipts,
    facts,
    await proofOfRecord(parts, record, record.tree),
    withOpening ? { opening } : {}
  )
}

/** What proves a stored record in the tree of a size that the log once had. */
export async function proofOfRecord(parts: Parts, record: StoredRecord, size: number): Promise<LeafProof> {
  const tops = peaks(size)
  const nodes = await parts.audit.nodes([...inclusionPlan(record.leaf, size).flat(), ...tops])
  const nodeAt = (level: number, index: number) => nodes.get(`${level}/${index}`)!
  return {
    leaf: record.leaf,
    entry: record.entry,
    size,
    root: rootOf(tops.map(({ level, index }) => nodeAt(level, index))),
    nodeAt
  }
}
