import type { CommitResult, Guard, PreparedSet, RecordLog } from '../../../record/ports.ts'
import { Group } from '../group.ts'
import { storeError } from './store-failure.ts'
import type { Failed, SqliteWriter } from './writer.ts'

const setsPerCommit = 64

/** `RecordLog` on SQLite: sets that wait together share one transaction, so that many deposits cost one fsync. */
export function sqliteRecordLog(writer: SqliteWriter): RecordLog & { readonly waiting: () => number } {
  const group = new Group<PreparedSet, CommitResult | Failed>(sets => writer.commit(sets), setsPerCommit)
  const commit = async (set: PreparedSet): Promise<CommitResult> => {
    const result = await group.add(set).catch((error: unknown) => ({ failed: error }))
    if ('failed' in result) throw storeError(result.failed)
    return result
  }
  return {
    commit,
    async note(working, guards: readonly Guard[] = [], gone: PreparedSet['gone'] = []) {
      const { ok } = await commit({ guards, rows: [], working, gone, records: [] })
      return ok
    },
    async close() {
      await group.drain()
      writer.close()
    },
    waiting: () => group.waiting
  }
}
