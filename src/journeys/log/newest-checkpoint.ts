import { rootOf } from '../../standards/merkle.ts'
import type { Parts } from '../parts.ts'

/** The newest tree head as a signed note (C2SP checkpoint). */
export async function newestCheckpoint(parts: Pick<Parts, 'audit' | 'receipts'>): Promise<string> {
  const { size, frontier } = await parts.audit.head()
  return parts.receipts.checkpoints.of(size, rootOf(frontier))
}
