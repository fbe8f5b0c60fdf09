import { Refusal } from '../../../outcome/refusal.ts'
import type { CommitResult, PreparedSet, RecordLog } from '../../../record/ports.ts'
import { Group } from '../group.ts'
import type { SqliteWriter } from './writer.ts'

const setsPerCommit = 64

/** `RecordLog` on SQLite: sets that wait together share one transaction, so that many deposits cost one fsync. */
export function sqliteRecordLog(writer: SqliteWriter): RecordLog & { readonly waiting: () => number } {
  const group = new Group<PreparedSet, CommitResult>(sets => writer.commit(sets), setsPerCommit)
  return {
    async commit(set) {
      try {
        return await group.add(set)
      } catch (cause) {
        throw unavailable(cause)
      }
    },
    async note(working) {
      try {
        writer.note(working)
      } catch (cause) {
        throw unavailable(cause)
      }
    },
    async close() {
      await group.drain()
      writer.close()
    },
    waiting: () => group.waiting
  }
}

/** A store that fails is 503 to the caller; a set that the tables refuse is a defect of ours and stays one. */
function unavailable(cause: unknown): unknown {
  const code = (cause as { errcode?: number }).errcode
  const constraint = code !== undefined && (code & 0xff) === 19
  return constraint || code === undefined ? cause : new Refusal('store-unavailable', { cause, retryAfterSeconds: 1 })
}
