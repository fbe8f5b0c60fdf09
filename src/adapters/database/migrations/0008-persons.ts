import { type Kysely, sql } from 'kysely'

/** People who log in: accounts, passkeys, sessions, codes, attempts, notices (record/tables.ts). */
export async function up(database: Kysely<unknown>, { bytes }: { bytes: 'blob' | 'bytea' }): Promise<void> {
  const run = (text: string) => sql.raw(text.replaceAll('BYTES', bytes)).execute(database)
  await run('alter table "confirmation" add column "credential" text')
  await run('create table "account" ("id" text primary key, "sealed" BYTES not null, "at" bigint not null)')
  await run(
    `create table "passkey" ("id" text primary key, "account" text not null, "credentialMac" text not null unique,
    "sealed" BYTES not null, "counter" bigint not null, "at" bigint not null)`
  )
  await run('create index "passkeyAccount" on "passkey" ("account")')
  await run(
    `create table "session" ("id" text primary key, "account" text not null, "credential" text not null,
    "startedAt" bigint not null, "seenAt" bigint not null, "steppedUpAt" bigint not null, "expiresAt" bigint not null)`
  )
  await run('create index "sessionAccount" on "session" ("account")')
  await run('create index "sessionExpires" on "session" ("expiresAt")')
  await run(
    `create table "accountCode" ("codeMac" text primary key, "account" text not null, "case" text not null,
    "secretMac" text not null, "triesLeft" integer not null, "expiresAt" bigint not null)`
  )
  await run('create index "accountCodeAccount" on "accountCode" ("account")')
  await run('create index "accountCodeExpires" on "accountCode" ("expiresAt")')
  await run('create table "attempt" ("key" text primary key, "count" integer not null, "expiresAt" bigint not null)')
  await run('create index "attemptExpires" on "attempt" ("expiresAt")')
  await run(
    `create table "notice" ("id" text primary key, "organization" text not null, "kind" text not null,
    "case" text not null, "reference" text not null, "at" bigint not null)`
  )
  await run('create index "noticeOrganization" on "notice" ("organization", "id")')
}
