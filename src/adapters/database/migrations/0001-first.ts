import { type Kysely, sql } from 'kysely'

/**
 * The first tables (record/tables.ts says what each holds). Names are quoted camel case, so that a row reads the same in
 * code and in SQL. Bytes are `blob` here and `bytea` on PostgreSQL;
 * leaves are SQLite's own row numbers (`integer primary key`), which is why their type differs. Where an index has both, the case
 * stands before the party: what one commit says of a case to several parties then lies on one page.
 */
export async function up(
  database: Kysely<unknown>,
  types: { bytes: 'blob' | 'bytea'; leaf: 'integer' | 'bigint'; withoutRowid: string }
): Promise<void> {
  const table = (name: string, columns: string, tail = '') =>
    sql
      .raw(`create table "${name}" (${columns.replaceAll('BYTES', types.bytes).replace('LEAF', types.leaf)}) ${tail}`)
      .execute(database)
  const index = (name: string, on: string) => sql.raw(`create index "${name}" on ${on}`).execute(database)
  const keyed = types.withoutRowid

  await table(
    'organization',
    `"id" text primary key, "identifierSystem" text not null, "identifierValue" text not null,
    "name" text not null, "at" bigint not null, unique ("identifierSystem", "identifierValue")`
  )
  await table(
    'partner',
    `"client" text not null, "version" bigint not null, "organization" text not null, "party" text not null,
    "role" text not null, "body" text not null, "disabled" integer not null, "at" bigint not null, primary key ("client", "version")`,
    keyed
  )
  await table(
    'caseFile',
    `"id" text primary key, "identifier" text not null unique, "kind" text not null, "openedBy" text not null,
    "sealed" BYTES not null, "at" bigint not null`
  )
  await table(
    'caseEvent',
    `"case" text not null, "version" bigint not null, "state" text not null, "cause" text not null,
    "at" bigint not null, primary key ("case", "version")`,
    keyed
  )
  await table(
    'member',
    `"case" text not null, "organization" text not null, "side" text not null, "subject" text not null unique,
    "sealed" BYTES not null, "at" bigint not null, primary key ("case", "organization")`,
    keyed
  )
  await index('memberOrganization', '"member" ("organization", "case")')
  await table(
    'confirmation',
    `"case" text not null, "organization" text not null, "evidence" text not null, "by" text not null,
    "at" bigint not null, primary key ("case", "organization", "at")`,
    keyed
  )
  await table(
    'invitation',
    `"codeMac" text primary key, "case" text not null, "side" text not null, "by" text not null,
    "expiresAt" bigint not null, "at" bigint not null`,
    keyed
  )
  await table(
    'consent',
    `"id" text not null, "version" integer not null, "case" text not null, "status" text not null,
    "sealed" BYTES not null, "at" bigint not null, primary key ("id", "version")`,
    keyed
  )
  await index('consentCase', '"consent" ("case", "id", "version")')
  await table(
    'document',
    `"id" text primary key, "case" text not null, "kind" text not null, "version" text not null,
    "organization" text not null, "party" text not null, "identifierMac" text not null, "bytesMac" text not null, "size" integer not null,
    "day" text not null, "sealed" BYTES not null, "verification" BYTES not null, "replaces" text, "at" bigint not null`
  )
  await index('documentCase', '"document" ("case", "id")')
  await index('documentReplaces', '"document" ("replaces") where "replaces" is not null')
  await table(
    'view',
    `"id" text primary key, "document" text not null, "case" text not null, "kind" text not null, "party" text not null,
    "purpose" text not null, "organization" text not null, "releasedMac" text not null, "replaces" text, "size" integer not null, "day" text not null, "sealed" BYTES not null,
    "at" bigint not null`
  )
  await index('viewDocument', '"view" ("document", "party", "purpose", "at")')
  await table(
    'statement',
    `"id" text primary key, "document" text not null, "slot" text not null, "organization" text not null,
    "assurance" text not null, "sealed" BYTES not null, "at" bigint not null`
  )
  await index('statementDocument', '"statement" ("document", "slot")')
  await table(
    'finding',
    `"reader" text not null, "target" text not null, "isView" integer not null, "case" text not null,
    "kind" text not null, "day" text not null, "at" bigint not null, primary key ("reader", "target")`,
    keyed
  )
  await index('findingCase', '"finding" ("case", "reader", "target")')
  await table(
    'audit',
    `"leaf" LEAF primary key, "tree" bigint not null, "id" text not null unique, "act" text not null, "outcome" text not null,
    "case" text, "document" text, "entry" text not null, "sealed" BYTES not null, "at" bigint not null`
  )
  await index('auditCase', '"audit" ("case", "leaf")')
  await index('auditDocument', '"audit" ("document", "act", "leaf")')
  await table(
    'auditParty',
    `"organization" text not null, "leaf" bigint not null, "case" text, "at" bigint not null,
    primary key ("organization", "leaf")`,
    keyed
  )
  await index('auditPartyCase', '"auditParty" ("case", "organization", "leaf")')
  await table(
    'logNode',
    `"level" integer not null, "position" bigint not null, "hash" BYTES not null, primary key ("level", "position")`,
    keyed
  )

  await table('keyWrap', `"id" text primary key, "parent" text not null, "wrapped" BYTES not null`, keyed)
  await table('caseVersion', `"case" text primary key, "version" bigint not null`, keyed)
  await table(
    'once',
    `"scope" text not null, "key" text not null, "value" text not null, "expiresAt" bigint, primary key ("scope", "key")`,
    keyed
  )
  await index('onceExpires', '"once" ("expiresAt") where "expiresAt" is not null')
  await table(
    'receptionCode',
    `"case" text primary key, "codeMac" text not null, "evidence" text not null, "by" text not null,
    "expiresAt" bigint not null, "triesLeft" integer not null`,
    keyed
  )
  await table(
    'draft',
    `"case" text not null, "kind" text not null, "sealed" BYTES not null, "revision" integer not null,
    "at" bigint not null, primary key ("case", "kind")`,
    keyed
  )
  await table(
    'outbox',
    `"id" text primary key, "party" text not null, "purpose" text not null, "topic" text not null, "case" text not null, "document" text not null,
    "target" text not null, "state" text not null, "tries" integer not null, "dueAt" bigint not null, "at" bigint not null`
  )
  await index('outboxParty', '"outbox" ("party", "id")')
  await index('outboxCase', '"outbox" ("case")')
  await index('outboxDocument', '"outbox" ("document", "id")')
  await index('outboxTarget', `"outbox" ("target", "id") where "target" <> ''`)
  // the few that wait among the many that are done
  await index('outboxBuilding', `"outbox" ("id") where "state" = 'building'`)
  await index('outboxTurning', `"outbox" ("dueAt") where "state" = 'turning'`)
  await index('outboxWaiting', `"outbox" ("party", "id") where "state" = 'waiting'`)
  await table(
    'answer',
    `"key" text primary key, "bodyMac" text not null, "sealed" BYTES not null, "expiresAt" bigint not null`
  )
  await table('logHead', `"id" integer primary key, "size" bigint not null, "frontier" BYTES not null`)
  await sql`insert into "logHead" ("id", "size", "frontier") values (1, 0, ${Buffer.alloc(0)})`.execute(database)
}
