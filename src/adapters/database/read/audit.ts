import type { Kysely } from 'kysely'
import { as } from '../../../document/ids.ts'
import type { AuditReads, StoredRecord } from '../../../journeys/ports.ts'
import type { Evidence } from '../../../record/ports.ts'
import { decodeFrontier } from '../frontier.ts'
import type { Schema } from '../schema.ts'

/** Opens one audit row: its key and the AuditEvent as hashed. */
export type OpenRecord = (row: Evidence['audit']) => Promise<{ readonly key: Uint8Array; readonly event: Uint8Array }>

export function auditReads(database: Kysely<Schema>, open: OpenRecord): AuditReads {
  const toRecord = async (row: Evidence['audit']): Promise<StoredRecord> => ({
    leaf: row.leaf,
    tree: row.tree,
    id: row.id,
    act: row.act,
    outcome: row.outcome,
    case: row.case === null ? undefined : as(row.case),
    document: row.document === null ? undefined : as(row.document),
    entry: row.entry,
    at: row.at,
    ...(await open(row))
  })
  return {
    async record(id) {
      const row = await database.selectFrom('audit').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toRecord(row)
    },
    async recordOf(document, act) {
      const row = await database
        .selectFrom('audit')
        .selectAll()
        .where('document', '=', document)
        .where('act', '=', act)
        .orderBy('leaf')
        .limit(1)
        .executeTakeFirst()
      return row && toRecord(row)
    },
    async isParty(organization, leaf) {
      const row = await database
        .selectFrom('auditParty')
        .select('leaf')
        .where('organization', '=', organization)
        .where('leaf', '=', leaf)
        .executeTakeFirst()
      return row !== undefined
    },
    async search(filter, page) {
      // by the organisation's own rows, which lie in the order that is asked for, and not by those of everybody else
      const rowsBy = filter.organization === undefined ? 'audit' : 'auditParty'
      const ref = (column: 'leaf' | 'case' | 'at') =>
        database.dynamic.ref<`audit.${typeof column}`>(`${rowsBy}.${column}`)
      let query = database.selectFrom('audit').selectAll('audit')
      if (filter.organization !== undefined) {
        query = query
          .innerJoin('auditParty', 'auditParty.leaf', 'audit.leaf')
          .where('auditParty.organization', '=', filter.organization)
      }
      if (filter.case !== undefined) query = query.where(ref('case'), '=', filter.case)
      if (filter.act !== undefined) query = query.where('audit.act', '=', filter.act)
      if (filter.outcome !== undefined) query = query.where('audit.outcome', '=', filter.outcome)
      if (filter.from !== undefined) query = query.where(ref('at'), '>=', filter.from)
      if (filter.until !== undefined) query = query.where(ref('at'), '<', filter.until)
      if (page.beforeLeaf !== undefined) query = query.where(ref('leaf'), '<', page.beforeLeaf)
      const rows = await query.orderBy(ref('leaf'), 'desc').limit(page.limit).execute()
      return Promise.all(rows.map(toRecord))
    },
    async head() {
      const row = await database.selectFrom('logHead').selectAll().where('id', '=', 1).executeTakeFirstOrThrow()
      return { size: row.size, frontier: decodeFrontier(row.size, row.frontier) }
    },
    async nodes(places) {
      const found = new Map<string, Uint8Array>()
      for (const { level, index } of places) {
        const row = await database
          .selectFrom('logNode')
          .select('hash')
          .where('level', '=', level)
          .where('position', '=', index)
          .executeTakeFirstOrThrow()
        found.set(`${level}/${index}`, row.hash)
      }
      return found
    }
  }
}
