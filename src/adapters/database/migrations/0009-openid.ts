import { type Kysely, sql } from 'kysely'

/** Who at an OpenID provider holds which account (record/tables.ts). */
export async function up(database: Kysely<unknown>): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(database)
  await run(
    'create table "openIdAccount" ("personMac" text primary key, "account" text not null, "at" bigint not null)'
  )
  await run('create index "openIdAccountAccount" on "openIdAccount" ("account")')
}
