import { type Kysely, sql } from 'kysely'
import { as } from '../../../document/ids.ts'
import type { OutboxReads } from '../../../journeys/ports.ts'
import type { Schema } from '../schema.ts'

/**
 * The states that are looked for stand in the text of the query, not among its parameters: only so does the database know
 * that the small index over the rows of that state has them all.
 */
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
              .where('first.state', '=', sql.lit('waiting'))
              .groupBy('first.party')
          )
        )
        .where('dueAt', '<=', now)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows
    },
    building: (now, limit) =>
      database
        .selectFrom('outbox')
        .selectAll()
        .where('state', '=', sql.lit('building'))
        .where('dueAt', '<=', now)
        .orderBy('id')
        .limit(limit)
        .execute(),
    turning: (now, limit) =>
      database
        .selectFrom('outbox')
        .selectAll()
        .where('state', '=', sql.lit('turning'))
        .where('dueAt', '<=', now)
        .orderBy('dueAt')
        .limit(limit)
        .execute(),
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
        .where('target', '<>', sql.lit(''))
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
