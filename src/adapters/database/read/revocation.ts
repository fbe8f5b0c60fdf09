import type { Kysely } from 'kysely'
import type { RevocationDataReads } from '../../../journeys/document/ports.ts'
import type { Schema } from '../schema.ts'

export function revocationDataReads(database: Kysely<Schema>): RevocationDataReads {
  return {
    newest: place =>
      database
        .selectFrom('revocation')
        .selectAll()
        .where('place', '=', place)
        .orderBy('at', 'desc')
        .limit(1)
        .executeTakeFirst(),
    byHash: hash => database.selectFrom('revocation').selectAll().where('hash', '=', hash).executeTakeFirst()
  }
}
