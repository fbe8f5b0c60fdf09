import { type Kysely, sql } from 'kysely'

/** Imports of many drafts out of one file, and their rows (record/tables.ts). */
export async function up(database: Kysely<unknown>, { bytes }: { bytes: 'blob' | 'bytea' }): Promise<void> {
  const run = (text: string) => sql.raw(text.replaceAll('BYTES', bytes)).execute(database)
  await run(
    `create table "import" ("id" text primary key, "organization" text not null, "total" integer not null,
    "sealed" BYTES not null, "expiresAt" bigint not null, "at" bigint not null)`
  )
  await run('create index "importExpires" on "import" ("expiresAt")')
  await run(
    `create table "importRow" ("id" text primary key, "import" text not null, "row" integer not null, "done" integer not null,
    "case" text not null, "sealed" BYTES not null, "at" bigint not null)`
  )
  await run('create index "importRowImport" on "importRow" ("import", "row")')
  // the few that wait among the many that are done
  await run('create index "importRowWaiting" on "importRow" ("id") where "done" = 0')
}
