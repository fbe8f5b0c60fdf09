import { type Kysely, sql } from 'kysely'
import type { ExpiryReads, RevocationReads } from '../../../journeys/ports.ts'
import type { Schema } from '../schema.ts'

/** By the primary key of `once`: scope, then key. */
export function revocationReads(database: Kysely<Schema>): RevocationReads {
  return {
    revoked: async (now, { after, limit }) => {
      const rows = await database
        .selectFrom('once')
        .select('key')
        .where('scope', '=', 'revoked')
        .where('key', '>', after)
        .where('expiresAt', '>', now)
        .orderBy('key')
        .limit(limit)
        .execute()
      return rows.map(({ key }) => key)
    }
  }
}

/** By the indexes on `expiresAt`: what has no end is in neither. */
export function expiryReads(database: Kysely<Schema>): ExpiryReads {
  return {
    once: (before, limit) =>
      database
        .selectFrom('once')
        .select(['scope', 'key'])
        .where('expiresAt', 'is not', null)
        .where('expiresAt', '<', before)
        .orderBy('expiresAt')
        .limit(limit)
        .execute(),
    answers: (before, limit) =>
      database
        .selectFrom('answer')
        .select('key')
        .where('expiresAt', '<', before)
        .orderBy('expiresAt')
        .limit(limit)
        .execute(),
    async persons(before, limit) {
      const past = <Key extends 'id' | 'codeMac' | 'key'>(table: 'session' | 'accountCode' | 'attempt', key: Key) =>
        database
          .selectFrom(table)
          .select(sql.ref<string>(key).as('key'))
          .where('expiresAt', '<', before)
          .orderBy('expiresAt')
          .limit(limit)
          .execute()
      return [
        ...(await past('session', 'id')).map(({ key }) => ({ table: 'session', key: { id: key } }) as const),
        ...(await past('accountCode', 'codeMac')).map(
          ({ key }) => ({ table: 'accountCode', key: { codeMac: key } }) as const
        ),
        ...(await past('attempt', 'key')).map(({ key }) => ({ table: 'attempt', key: { key } }) as const)
      ]
    }
  }
}
