import type { Evidence, Working } from '../../record/ports.ts'

/** Kysely's view of the tables. */
export type Schema = Evidence & Working
