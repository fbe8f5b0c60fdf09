import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type SqliteDatabase, SqliteDialect } from 'kysely'
import { storeError } from './store-failure.ts'

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

const statementsKept = 300

/**
 * Kysely's own SQLite dialect over `node:sqlite`; statements are kept prepared, since Kysely prepares each time.
 * A store that cannot be read is the same refusal as one that cannot be written.
 */
export function sqliteDialect(database: DatabaseSync): SqliteDialect {
  const kept = new Map<string, ReturnType<SqliteDatabase['prepare']>>()
  const adapter: SqliteDatabase = {
    close: () => database.close(),
    prepare: text => {
      const known = kept.get(text)
      if (known) return known
      const statement = orRefused(() => asKyselyHasIt(database.prepare(text)))
      kept.set(text, statement)
      if (kept.size > statementsKept) kept.delete(kept.keys().next().value as string)
      return statement
    }
  }
  return new SqliteDialect({ database: adapter })
}

function asKyselyHasIt(statement: StatementSync): ReturnType<SqliteDatabase['prepare']> {
  return {
    reader: statement.columns().length > 0,
    all: parameters => orRefused(() => statement.all(...(parameters as SQLInputValue[]))),
    run: parameters => orRefused(() => statement.run(...(parameters as SQLInputValue[]))),
    iterate: parameters => statement.iterate(...(parameters as SQLInputValue[])) as IterableIterator<unknown>
  }
}

function orRefused<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw storeError(error)
  }
}
