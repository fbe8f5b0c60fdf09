import { DatabaseSync } from 'node:sqlite'
import type { Server } from './servers.ts'

/**
 * How many acknowledged documents are not in the database of a server that has been killed, or are there without their
 * audit record.
 */
export function missing({ name, database }: Server, locations: readonly string[]): number {
  const opened = new DatabaseSync(database, { timeout: 10_000 })
  try {
    const sealed = opened.prepare('select 1 from "document" where "id" = ? and length("sealed") > 0')
    const audited = opened.prepare(auditOf[name])
    return locations.filter(location => {
      const id = location.slice(location.lastIndexOf('/') + 1)
      return sealed.get(id) === undefined || audited.get(id) === undefined
    }).length
  } finally {
    opened.close()
  }
}

const auditOf = {
  floor: 'select 1 from "audit" where "document" = ?',
  gateway: `select 1 from "audit" where "document" = ? and "act" = 'document-deposit'`
} as const
