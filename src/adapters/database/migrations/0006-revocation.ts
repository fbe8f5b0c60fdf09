import { type Kysely, sql } from 'kysely'

/** Lists and answers about revoked certificates, each once (record/tables.ts). */
export async function up(database: Kysely<unknown>, { bytes }: { bytes: 'blob' | 'bytea' }): Promise<void> {
  const run = (text: string) => sql.raw(text.replaceAll('BYTES', bytes)).execute(database)
  await run(
    `create table "revocation" ("hash" text primary key, "kind" text not null, "place" text not null, "bytes" BYTES not null,
    "thisUpdate" bigint not null, "nextUpdate" bigint, "at" bigint not null)`
  )
  await run('create index "revocationPlace" on "revocation" ("place", "at")')
}
