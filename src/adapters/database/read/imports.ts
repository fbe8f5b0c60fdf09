import type { Kysely } from 'kysely'
import { as } from '../../../document/ids.ts'
import type { ImportedBy, ImportedRow, ImportReads, StoredImport, WaitingRow } from '../../../journeys/imports/ports.ts'
import type { Working } from '../../../record/ports.ts'
import type { Schema } from '../schema.ts'
import { type Unseal, unsealJson } from './unseal.ts'

export function importReads(database: Kysely<Schema>, unseal: Unseal): ImportReads {
  const toImport = async (row: Working['import']): Promise<StoredImport> => ({
    id: row.id,
    organization: as(row.organization),
    total: row.total,
    by: await unsealJson<ImportedBy>(unseal, row.id, `import|${row.id}`, row.sealed)
  })
  const one = async (id: string): Promise<StoredImport | undefined> => {
    const row = await database.selectFrom('import').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toImport(row)
  }
  const bodyOf = <Body>(row: Working['importRow']) =>
    unsealJson<Body>(unseal, row.import, `importRow|${row.id}|${row.done}`, row.sealed)

  return {
    import: one,
    async done(id) {
      const rows = await database
        .selectFrom('importRow')
        .selectAll()
        .where('import', '=', id)
        .where('done', '=', 1)
        .orderBy('row')
        .execute()
      return Promise.all(
        rows.map(async row => ({ ...(await bodyOf<Omit<ImportedRow, 'row'>>(row)), row: row.row }) as ImportedRow)
      )
    },
    async waiting(limit) {
      const rows = await database
        .selectFrom('importRow')
        .selectAll()
        .where('done', '=', 0)
        .orderBy('id')
        .limit(limit)
        .execute()
      const ids = [...new Set(rows.map(row => row.import))]
      const imports = new Map(await Promise.all(ids.map(async id => [id, (await one(id))!] as const)))
      return Promise.all(
        rows.map(async row => ({
          ...(await bodyOf<Omit<WaitingRow, 'import' | 'row'>>(row)),
          import: imports.get(row.import)!,
          row: row.row
        }))
      )
    },
    async hasWritten(id, of) {
      const row = await database
        .selectFrom('importRow')
        .select('id')
        .where('import', '=', id)
        .where('case', '=', of)
        .executeTakeFirst()
      return row !== undefined
    },
    async expired(now, limit) {
      const rows = await database
        .selectFrom('import')
        .selectAll()
        .where('expiresAt', '<=', now)
        .orderBy('expiresAt')
        .limit(limit)
        .execute()
      return Promise.all(rows.map(toImport))
    }
  }
}
