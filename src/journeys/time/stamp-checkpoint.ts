import { rootOf } from '../../standards/merkle.ts'
import { stampedCheckpoint } from '../log/stamped-checkpoint.ts'
import type { Parts } from '../parts.ts'
import { stamped } from './ask-authority.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/**
 * Has the newest head of the log stamped, at most once a minute and only if the log grew: from then on nobody, not even this
 * gateway, can say that another log was there at that time. The stamp is over the bytes of the signed note; of each hour the last is kept.
 * @throws NoTimestamp
 */
export async function stampCheckpoint(parts: Parts): Promise<void> {
  const { stamping } = parts
  if (!stamping) return
  const newest = await stampedCheckpoint(parts)
  const at = parts.now()
  if (newest && at - newest.at < minuteMs) return
  const { size, frontier } = await parts.audit.head()
  if (size === 0 || size === newest?.size) return
  const note = await parts.receipts.checkpoints.of(size, rootOf(frontier))
  const { reply } = await stamped(parts, stamping, Buffer.from(note))
  const row = { hour: Math.floor(at / hourMs), size, note, reply, at }
  await parts.record.log.note([{ table: 'logStamp', rows: [row] }])
}
