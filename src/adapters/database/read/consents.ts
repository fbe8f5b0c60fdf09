import type { Consent } from '@medplum/fhirtypes'
import type { Kysely } from 'kysely'
import type { ConsentFacts } from '../../../document/consent.ts'
import type { ConsentReads } from '../../../journeys/ports.ts'
import type { Evidence } from '../../../record/ports.ts'
import type { Schema } from '../schema.ts'
import { type Unseal, unsealJson } from './unseal.ts'

export function consentReads(database: Kysely<Schema>, unseal: Unseal): ConsentReads {
  const opened = async (row: Evidence['consent']) => {
    const body = await unsealJson<{ resource: Consent; facts: ConsentFacts }>(
      unseal,
      row.case,
      `consent|${row.id}|${row.version}`,
      row.sealed
    )
    return { ...body, version: row.version }
  }
  return {
    async consent(id) {
      const row = await database
        .selectFrom('consent')
        .selectAll()
        .where('id', '=', id)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && opened(row)
    },
    async consentsOf(id) {
      const rows = await database
        .selectFrom('consent')
        .selectAll()
        .where('case', '=', id)
        .orderBy('id')
        .orderBy('version')
        .execute()
      const newest = new Map(rows.map(row => [row.id, row]))
      return Promise.all([...newest.values()].map(opened))
    }
  }
}
