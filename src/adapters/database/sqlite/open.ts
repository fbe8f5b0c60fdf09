import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import {
  CompiledQuery,
  type DatabaseConnection,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver
} from 'kysely'
import { storeError } from './store-failure.ts'

/**
 * Opens one connection. WAL with `synchronous=FULL`: a commit that has returned survives the loss of power.
 * Every connection sets it, since the pragma belongs to the connection, not to the file.
 *
 * Pages of 8 KiB, which a file keeps from its first table on: a document has about 9 KB, its audit records 3 KB each, and
 * a commit in pages of 4 KiB takes a sixth more CPU.
 */
export function openSqlite(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 10_000, enableForeignKeyConstraints: true })
  database.exec('pragma page_size=8192')
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
  return new TransactionalDialect(adapter)
}

/**
 * Kysely takes SQLite for a database that cannot take back a change of its tables. It can: a migration that is cut off by
 * the end of the process leaves nothing behind, and of two gateways that start on one file the second waits.
 */
class TransactionalDialect extends SqliteDialect {
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    super({ database })
    this.#database = database
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver({ database: this.#database })
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class ImmediateDriver extends SqliteDriver {
  /** A transaction that reads first and writes later is refused, not made to wait, where another has written in between. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }
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
