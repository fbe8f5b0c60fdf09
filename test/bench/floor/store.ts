import { DatabaseSync } from 'node:sqlite'

/** What one document leaves behind: itself, its audit record, its receipt and its place in the outbox. */
export interface Row {
  readonly id: string
  readonly sealed: Uint8Array
  readonly leaf: Uint8Array
  readonly receipt: string
}

const tables = [
  'document (id text primary key, sealed blob not null, leaf blob not null) without rowid',
  'audit (seq integer primary key, document text not null, event text not null, leaf blob not null)',
  'receipt (document text primary key, jws text not null) without rowid',
  'outbox (seq integer primary key, document text not null, due integer not null)'
]

/**
 * SQLite as the gateway has it, WAL with `synchronous=FULL`, and group commit: what queued while the last transaction
 * ran goes into the next one, so that many documents share one fsync.
 */
export function openStore(file: string, most = 128): { put(row: Row): Promise<void> } {
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode=wal; pragma synchronous=full; pragma cache_size=-65536')
  for (const table of tables) database.exec(`create table if not exists ${table}`)
  const document = database.prepare('insert into document values (?, ?, ?)')
  const audit = database.prepare('insert into audit (document, event, leaf) values (?, ?, ?)')
  const receipt = database.prepare('insert into receipt values (?, ?)')
  const outbox = database.prepare('insert into outbox (document, due) values (?, ?)')
  let queue: { readonly row: Row; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []

  const write = () => {
    const group = queue.slice(0, most)
    queue = queue.slice(most)
    try {
      database.exec('begin immediate')
      for (const { row } of group) {
        document.run(row.id, row.sealed, row.leaf)
        audit.run(row.id, 'deposit', row.leaf)
        receipt.run(row.id, row.receipt)
        outbox.run(row.id, 0)
      }
      database.exec('commit')
      for (const { resolve } of group) resolve()
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      for (const { reject } of group) reject(error)
    }
    if (queue.length > 0) setImmediate(write)
  }
  return {
    put: row =>
      new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(write)
        queue.push({ row, resolve, reject })
      })
  }
}
