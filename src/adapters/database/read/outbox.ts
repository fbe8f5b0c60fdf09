import type { Kysely } from 'kysely'
import { as } from '../../../document/ids.ts'
import type { OutboxReads } from '../../../journeys/ports.ts'
import type { Schema } from '../schema.ts'

export function outboxReads(database: Kysely<Schema>): OutboxReads {
  return {
    async due(now, limit) {
      // the oldest of each recipient only: its later ones wait their turn, so that order holds
      const rows = await database
        .selectFrom('outbox')
        .selectAll()
        .where(({ eb, selectFrom }) =>
          eb(
            'id',
            'in',
            selectFrom('outbox as first')
              .select(({ fn }) => fn.min('first.id').as('id'))
              .where('first.state', '=', 'waiting')
              .groupBy('first.party')
          )
        )
        .where('dueAt', '<=', now)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows
    },
    building: limit =>
      database.selectFrom('outbox').selectAll().where('state', '=', 'building').orderBy('id').limit(limit).execute(),
    undelivered: id =>
      database
        .selectFrom('outbox')
        .selectAll()
        .where('case', '=', id)
        .where('state', 'in', ['building', 'waiting'])
        .execute(),
    ofTarget: target =>
      database
        .selectFrom('outbox')
        .selectAll()
        .where('target', '=', target)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst(),
    async number(row) {
      const counted = await database
        .selectFrom('outbox')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('party', '=', row.party)
        .where('id', '<=', row.id)
        .executeTakeFirstOrThrow()
      return Number(counted.count)
    },
    async states(document) {
      const rows = await database
        .selectFrom('outbox')
        .select(['party', 'state', 'id'])
        .where('document', '=', document)
        .orderBy('id')
        .execute()
      const newest = new Map(rows.map(row => [row.party, row.state]))
      return [...newest].map(([party, state]) => ({ party: as(party), state }))
    }
  }
}
