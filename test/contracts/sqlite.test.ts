import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { openSqlite } from '../../src/adapters/database/sqlite/open.ts'
import { openSqliteStore } from '../../src/adapters/database/sqlite/store.ts'
import { recordLogContract, type TestDatabase } from './record-log.ts'

recordLogContract(t, async t => sqliteDatabase(t))

async function sqliteDatabase(t: Test): Promise<TestDatabase> {
  const file = join(t.testdir(), 'gateway.db')
  // keeps the write-ahead log, of which commits are counted, from being folded in when the last store closes
  const watcher = openSqlite(file)
  t.teardown(() => watcher.close())
  return {
    async open() {
      const connections: DatabaseSync[] = []
      const store = await openSqliteStore(file, path => {
        const connection = openSqlite(path)
        connections.push(connection)
        return connection
      })
      const { audit } = await store.reads(
        async () => new Uint8Array(),
        async () => ({ key: new Uint8Array(), event: new Uint8Array() })
      )
      return {
        log: store.log,
        audit,
        fill() {
          for (const connection of connections) connection.exec('pragma max_page_count=1')
          return () => {
            for (const connection of connections) connection.exec('pragma max_page_count=1000000')
          }
        },
        close: () => store.close()
      }
    },
    async appendElsewhere(processes, sets) {
      const program = join(import.meta.dirname, 'second-writer.ts')
      const run = promisify(execFile)
      await Promise.all(Array.from({ length: processes }, () => run(process.execPath, [program, file, String(sets)])))
    },
    async rows(table) {
      const connection = new DatabaseSync(file, { readOnly: true })
      try {
        return connection.prepare(`select * from "${table}"`).all()
      } finally {
        connection.close()
      }
    },
    commits: async () => commitFrames(readFileSync(`${file}-wal`))
  }
}

/**
 * Transactions in a write-ahead log: the last frame of each names the size of the database in pages, all others 0. Frames of
 * an earlier round of the log carry other salts.
 * @see https://sqlite.org/fileformat2.html#walformat
 */
function commitFrames(wal: Buffer): number {
  const frameBytes = 24 + wal.readUInt32BE(8)
  const salts = wal.subarray(16, 24)
  let commits = 0
  for (let at = 32; at + frameBytes <= wal.length; at += frameBytes) {
    const isCurrent = wal.subarray(at + 8, at + 16).equals(salts)
    if (isCurrent && wal.readUInt32BE(at + 4) > 0) commits++
  }
  return commits
}
