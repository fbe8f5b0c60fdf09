import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The log itself, and the one-time numbers of assertions, grow with everything that is asked. */
const growing = new Set(['audit', 'auditParty', 'logNode', 'logHead', 'once'])

/** A second reader of a gateway's database file. */
export class Stored {
  readonly #database: DatabaseSync

  constructor(home: string) {
    this.#database = new DatabaseSync(join(home, 'gateway.db'), { readOnly: true })
  }

  /** how many rows each table holds, but for those of the log */
  rows(): Readonly<Record<string, number>> {
    const tables = this.#all<{ name: string }>("select name from sqlite_schema where type = 'table' order by name")
    return Object.fromEntries(
      tables
        .filter(({ name }) => !growing.has(name) && !name.startsWith('sqlite_'))
        .map(({ name }) => [name, this.#all<{ count: number }>(`select count(*) as count from "${name}"`)[0]!.count])
    )
  }

  /** acts of the records with which something was refused, `act` once for each record */
  refusals(): readonly string[] {
    return this.#all<{ act: string }>("select act from audit where outcome <> '0' order by leaf").map(({ act }) => act)
  }

  close(): void {
    this.#database.close()
  }

  #all<Row>(text: string): readonly Row[] {
    return this.#database.prepare(text).all() as unknown as readonly Row[]
  }
}
