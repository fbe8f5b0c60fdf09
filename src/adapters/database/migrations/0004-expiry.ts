import { type Kysely, sql } from 'kysely'

/** Kept answers by their end, so that those past it are found without looking at the others. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw('create index "answerExpires" on "answer" ("expiresAt")').execute(database)
}
