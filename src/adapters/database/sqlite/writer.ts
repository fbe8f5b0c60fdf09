import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { CommitHead, CommitResult, Guard, PreparedSet } from '../../../record/ports.ts'
import { appendLeaf, type Frontier, peaks } from '../../../standards/merkle.ts'
import { decodeFrontier, encodeFrontier } from '../frontier.ts'
import { workingKeys } from '../working-keys.ts'
import { isStoreFailure } from './store-failure.ts'

/** A set that the tables themselves refuse: our own defect, of this set alone. */
export interface Failed {
  readonly failed: unknown
}

/**
 * The only connection that writes. Generic over tables: a row's members are its columns, and each table's insert is
 * prepared once. One call to `commit` is one transaction and, with `synchronous=FULL`, one fsync.
 */
export class SqliteWriter {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  /** inserts by table, upserting or not, and columns: composing the text costs more than looking it up */
  readonly #inserts = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /**
   * Commits the sets of one group together. A set whose guard fails is left out. Where the tables refuse a row, each set is
   * tried again by itself, so that a defect in one does not fail its neighbours.
   * @throws the database's own error where the store fails; nothing of the group is then stored
   */
  commit(sets: readonly PreparedSet[]): (CommitResult | Failed)[] {
    try {
      return this.#transaction(() => this.#write(sets))
    } catch (error) {
      if (isStoreFailure(error)) throw error
      return sets.length === 1 ? [{ failed: error }] : sets.map(set => this.#alone(set))
    }
  }

  close(): void {
    this.#database.close()
  }

  #alone(set: PreparedSet): CommitResult | Failed {
    try {
      return this.#transaction(() => this.#write([set]))[0]!
    } catch (failed) {
      return { failed }
    }
  }

  #write(sets: readonly PreparedSet[]): CommitResult[] {
    const refused = sets.map(set => this.#attempt(set))
    // The log comes last, as on PostgreSQL, where its row lock orders the gateways and must be short.
    const accepted = sets.filter((_, index) => refused[index] === undefined)
    const { head, first } = this.#log(accepted)
    let next = first
    return sets.map((set, index) => refused[index] ?? { ok: true, head, leaves: set.records.map(() => next++) })
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec('begin immediate')
    try {
      const result = work()
      this.#database.exec('commit')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  /** All guards are judged before anything is written, so that a refused set leaves nothing to take back. */
  #attempt(set: PreparedSet): CommitResult | undefined {
    for (const guard of set.guards) {
      const failure = this.#broken(guard)
      if (failure) return failure
    }
    for (const guard of set.guards) this.#take(guard)
    // what is removed goes first, so that one set can end all sessions of a person and begin another
    for (const { table, key } of set.gone) {
      const columns = Object.keys(key)
      const where = columns.map(column => `"${column}" = ?`).join(' and ')
      this.#run(`delete from "${table}" where ${where}`, Object.values(key))
    }
    for (const { table, rows } of set.rows) for (const row of rows) this.#insert(table, row)
    this.#upsert(set.working)
    return undefined
  }

  #broken(guard: Guard): CommitResult | undefined {
    switch (guard.kind) {
      case 'case-version': {
        const row = this.#get('select "version" from "caseVersion" where "case" = ?', [guard.case])
        const version = row?.version ?? 0
        return version === guard.version ? undefined : { ok: false, guard, value: undefined }
      }
      case 'once': {
        const row = this.#get('select "value" from "once" where "scope" = ? and "key" = ?', [guard.scope, guard.key])
        return row === undefined ? undefined : { ok: false, guard, value: row.value as string }
      }
      case 'unchanged': {
        const where = Object.keys(guard.key).map(column => `"${column}" = ?`)
        const text = `select "${guard.column}" as "found" from "${guard.table}" where ${where.join(' and ')}`
        const row = this.#get(text, Object.values(guard.key))
        return (row?.found ?? 0) === guard.value ? undefined : { ok: false, guard, value: undefined }
      }
    }
  }

  #take(guard: Guard): void {
    if (guard.kind === 'case-version' && guard.raise)
      this.#upsertRow('caseVersion', { case: guard.case, version: guard.version + 1 })
    if (guard.kind === 'once') {
      const { scope, key, value, expiresAt } = guard
      this.#insert('once', { scope, key, value, expiresAt })
    }
  }

  #log(sets: readonly PreparedSet[]): { head: CommitHead; first: number } {
    const before = this.#get('select "size", "frontier" from "logHead" where "id" = 1', [])!
    const first = before.size as number
    let frontier: Frontier = decodeFrontier(first, before.frontier as Uint8Array)
    // the peaks before it and all it completes are enough to prove each leaf of this group
    const nodes = new Map(peaks(first).map(({ level, index }, peak) => [`${level}/${index}`, frontier[peak]!]))
    const tree = sets.reduce((size, set) => size + set.records.length, first)
    let leaf = first
    for (const set of sets) {
      for (const record of set.records) {
        this.#insert('audit', { leaf, tree, ...record.row })
        for (const organization of record.organizations) {
          this.#insert('auditParty', { organization, leaf, case: record.row.case, at: record.row.at })
        }
        const appended = appendLeaf(frontier, leaf, record.leafHash)
        for (const { level, index, hash } of appended.completed) {
          nodes.set(`${level}/${index}`, hash)
          this.#insert('logNode', { level, position: index, hash })
        }
        frontier = appended.frontier
        leaf++
      }
    }
    if (leaf > first)
      this.#run('update "logHead" set "size" = ?, "frontier" = ? where "id" = 1', [leaf, encodeFrontier(frontier)])
    return { head: { size: leaf, frontier, nodes }, first }
  }

  #upsert(working: PreparedSet['working']): void {
    for (const { table, rows } of working) for (const row of rows) this.#upsertRow(table, row)
  }

  #insert(table: string, row: object): void {
    this.#prepared('insert', table, row).run(...(Object.values(row) as SQLInputValue[]))
  }

  #upsertRow(table: string, row: object): void {
    this.#prepared('upsert', table, row).run(...(Object.values(row) as SQLInputValue[]))
  }

  #prepared(how: 'insert' | 'upsert', table: string, row: object): StatementSync {
    const columns = Object.keys(row)
    const name = `${how} ${table} ${columns.join()}`
    const known = this.#inserts.get(name)
    if (known) return known
    const text = insertText(table, columns)
    const statement = this.#database.prepare(how === 'insert' ? text : `${text} ${upsertClause(table, columns)}`)
    this.#inserts.set(name, statement)
    return statement
  }

  #run(text: string, parameters: readonly unknown[]): void {
    this.#statement(text).run(...(parameters as SQLInputValue[]))
  }

  #get(text: string, parameters: readonly unknown[]): Record<string, unknown> | undefined {
    return this.#statement(text).get(...(parameters as SQLInputValue[]))
  }

  #statement(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known) return known
    const statement = this.#database.prepare(text)
    this.#statements.set(text, statement)
    return statement
  }
}

function insertText(table: string, columns: readonly string[]): string {
  const names = columns.map(column => `"${column}"`).join(', ')
  return `insert into "${table}" (${names}) values (${columns.map(() => '?').join(', ')})`
}

function upsertClause(table: string, columns: readonly string[]): string {
  const key = workingKeys[table as keyof typeof workingKeys]
  const changed = columns.filter(column => !key.includes(column)).map(column => `"${column}" = excluded."${column}"`)
  return `on conflict (${key.map(column => `"${column}"`).join(', ')}) do update set ${changed.join(', ')}`
}
