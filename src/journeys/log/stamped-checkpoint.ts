import type { Parts } from '../parts.ts'

/**
 * The newest head of the log that was time-stamped. One that bears another name than the log has now is none: the gateway was
 * reached under another address then, and the keys that it publishes now would not know it.
 */
export async function stampedCheckpoint(parts: Pick<Parts, 'proofs' | 'receipts'>) {
  const newest = await parts.proofs.logStamp()
  return newest && parts.receipts.checkpoints.isOurs(newest.note) ? newest : undefined
}
