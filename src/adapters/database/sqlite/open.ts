import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type SqliteDatabase, SqliteDialect } from 'kysely'

/**
 * Opens one connection. WAL with `synchronous=FULL`: a commit that has returned survives the loss of power.
 * Every connection sets it, since the pragma belongs to the connection, not to the file.
 */
export function openSqlite(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 10_000, enableForeignKeyConstraints: true })
  database.exec('pragma journal_mode=wal')
  database.exec('pragma synchronous=full')
  database.exec('pragma wal_autocheckpoint=1000')
  database.exec('pragma cache_size=-65536')
  return database
}

/** Kysely's own SQLite dialect over `node:sqlite`; statements are kept prepared, since Kysely prepares each time. */
export function sqliteDialect(database: DatabaseSync): SqliteDialect {
  const kept = new Map<string, StatementSync>()
  const prepared = (text: string): StatementSync => {
    const known = kept.get(text)
    if (known) return known
    const statement = database.prepare(text)
    kept.set(text, statement)
    if (kept.size > 300) kept.delete(kept.keys().next().value as string)
    return statement
  }
  const adapter: SqliteDatabase = {
    close: () => database.close(),
    prepare: text => {
      const statement = prepared(text)
      return {
        reader: statement.columns().length > 0,
        all: parameters => statement.all(...(parameters as SQLInputValue[])),
        run: parameters => {
          const done = statement.run(...(parameters as SQLInputValue[]))
          return { changes: done.changes, lastInsertRowid: done.lastInsertRowid }
        },
        iterate: parameters => statement.iterate(...(parameters as SQLInputValue[])) as IterableIterator<unknown>
      }
    }
  }
  return new SqliteDialect({ database: adapter })
}
