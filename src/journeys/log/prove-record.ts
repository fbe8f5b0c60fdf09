import { encodeBase64url } from '../../standards/base64url.ts'
import { inclusionProof } from '../../standards/merkle.ts'
import type { Asked } from '../context.ts'
import { proofOfRecord } from '../document/receipt-for.ts'
import type { Parts } from '../parts.ts'
import { readRecord } from './read-records.ts'

export interface RecordProof {
  readonly index: number
  /** opens this one record: base64url */
  readonly key: string
  readonly inclusion: readonly string[]
  readonly checkpoint: string
}

/** What proves one record in the log as it stands now, with the key that opens that one leaf (contract §11). */
export async function proveRecord(parts: Parts, asked: Asked, id: string): Promise<RecordProof> {
  const record = await readRecord(parts, asked, id)
  const { size } = await parts.audit.head()
  const proof = await proofOfRecord(parts, record, size)
  return {
    index: record.leaf,
    key: encodeBase64url(record.key),
    inclusion: inclusionProof(proof.leaf, proof.size, proof.nodeAt).map(encodeBase64url),
    checkpoint: await parts.receipts.checkpoints.of(proof.size, proof.root)
  }
}
