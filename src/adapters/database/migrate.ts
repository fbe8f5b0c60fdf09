import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import * as first from './migrations/0001-first.ts'
import * as imports from './migrations/0002-imports.ts'
import * as clients from './migrations/0004-clients.ts'
import * as revocation from './migrations/0006-revocation.ts'
import * as time from './migrations/0007-time.ts'
import * as persons from './migrations/0008-persons.ts'
import * as openid from './migrations/0009-openid.ts'

const migrations = {
  '0001-first': first,
  '0002-imports': imports,
  '0004-clients': clients,
  '0006-revocation': revocation,
  '0007-time': time,
  '0008-persons': persons,
  '0009-openid': openid
} as const

/**
 * Brings the tables to the newest shape. Numbered, all that are missing in one transaction, never edited once released.
 * @throws the database's own error; the schema is then as it was
 */
export async function migrate(database: Kysely<never>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  const types =
    dialect === 'sqlite'
      ? ({ bytes: 'blob', leaf: 'integer', withoutRowid: 'without rowid' } as const)
      : ({ bytes: 'bytea', leaf: 'bigint', withoutRowid: '' } as const)
  const migrator = new Migrator({
    db: database,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(migrations).map(([name, migration]) => [name, { up: db => migration.up(db, types) }])
        )
    }
  })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
