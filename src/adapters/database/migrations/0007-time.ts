import { type Kysely, sql } from 'kysely'

/** Time-stamps: proofs beside documents, what still has to be stamped, and stamped heads of the log (record/tables.ts). */
export async function up(database: Kysely<unknown>, { bytes }: { bytes: 'blob' | 'bytea' }): Promise<void> {
  const run = (text: string) => sql.raw(text.replaceAll('BYTES', bytes)).execute(database)
  await run(
    `create table "proof" ("id" text primary key, "document" text not null, "kind" text not null, "sealed" BYTES not null,
    "at" bigint not null)`
  )
  await run('create index "proofDocument" on "proof" ("document", "kind")')
  await run(
    `create table "stampDue" ("document" text primary key, "attempt" integer not null, "dueAt" bigint not null,
    "at" bigint not null)`
  )
  await run('create index "stampDueAt" on "stampDue" ("dueAt")')
  await run(
    `create table "logStamp" ("hour" bigint primary key, "size" bigint not null, "note" text not null, "reply" BYTES not null,
    "at" bigint not null)`
  )
}
