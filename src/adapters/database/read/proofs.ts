import type { Kysely } from 'kysely'
import { as } from '../../../document/ids.ts'
import type { ProofReads, StoredStamp } from '../../../journeys/time/ports.ts'
import type { Evidence } from '../../../record/ports.ts'
import type { Schema } from '../schema.ts'
import { type Unseal, unsealJson } from './unseal.ts'

export function proofReads(database: Kysely<Schema>, unseal: Unseal): ProofReads {
  const opened = async ({ id, document, sealed }: Evidence['proof']): Promise<StoredStamp> => {
    const { reply, ...timestamp } = await unsealJson<SealedStamp>(unseal, document, `proof|${id}`, sealed)
    return { id, document: as(document), timestamp, reply: Buffer.from(reply, 'base64') }
  }
  return {
    async stampOf(document) {
      const row = await database
        .selectFrom('proof')
        .selectAll()
        .where('document', '=', document)
        .where('kind', '=', 'timestamp')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst()
      return row && opened(row)
    },
    async stamp(id) {
      const row = await database
        .selectFrom('proof')
        .selectAll()
        .where('id', '=', id)
        .where('kind', '=', 'timestamp')
        .executeTakeFirst()
      return row && opened(row)
    },
    due: (now, limit) =>
      database.selectFrom('stampDue').selectAll().where('dueAt', '<=', now).orderBy('dueAt').limit(limit).execute(),
    logStamp: () => database.selectFrom('logStamp').selectAll().orderBy('hour', 'desc').limit(1).executeTakeFirst()
  }
}

type SealedStamp = StoredStamp['timestamp'] & { readonly reply: string }
