import { type Kysely, sql } from 'kysely'

/** Organisations for which clients act (record/tables.ts); the newest changes to clients and ends of kept answers, found without the rest. */
export async function up(database: Kysely<unknown>, { withoutRowid }: { withoutRowid: string }): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(database)
  await run(
    `create table "representation" ("client" text not null, "organization" text not null, "version" bigint not null,
    "party" text not null, "handlingRules" text, "ended" integer not null, "at" bigint not null, primary key ("client", "organization", "version"))
    ${withoutRowid}`
  )
  // without the bodies: gateways ask each half second how many there are, and then for the newest
  await run('create index "partnerAt" on "partner" ("at", "client", "version")')
  await run('create index "answerExpires" on "answer" ("expiresAt")')
}
