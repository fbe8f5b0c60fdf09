import { createHash } from 'node:crypto'
import { Refusal } from '../../outcome/refusal.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import { receiptAgain, receiptOfRecord } from './receipt-for.ts'
import { recordHidden } from './record-hidden.ts'
import { visibleTo } from './visible.ts'

/**
 * The receipt of a document: for author and worker that of the deposit, for a recipient that of the first disclosure to it, over
 * the bytes that it got. With the opening of the one record behind it (contract §6.3).
 * @throws Refusal `not-found`, also for a recipient that has not read it yet
 */
export async function readReceipt(parts: Parts, asked: Asked, id: string): Promise<string> {
  const visible = await visibleTo(parts, asked.caller, id, asked.at)
  if (visible.as === 'hidden') {
    await recordHidden(parts, asked, visible)
    throw new Refusal('not-found')
  }
  if (visible.as !== 'recipient') return receiptAgain(parts, visible.document.id, true)
  const { view, snapshot } = visible
  const record = await parts.audit.recordOf(view.id, 'document-disclose')
  if (!record) throw new Refusal('not-found')
  const bytes = await parts.documents.viewBytes(view.id)
  const facts = {
    act: 'document-disclose',
    reference: `DocumentReference/${view.id}`,
    digest: createHash('sha256').update(bytes).digest(),
    bytes: bytes.byteLength,
    kind: view.kind,
    case: snapshot.identifier,
    recorded: toInstant(record.at),
    record: record.id
  } as const
  return receiptOfRecord(parts, record, facts, true)
}
