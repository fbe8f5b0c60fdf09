import type { Kysely } from 'kysely'
import type { AnswerReads } from '../../../journeys/ports.ts'
import type { Schema } from '../schema.ts'

export function answerReads(database: Kysely<Schema>): AnswerReads {
  return {
    answer: key => database.selectFrom('answer').selectAll().where('key', '=', key).executeTakeFirst()
  }
}
