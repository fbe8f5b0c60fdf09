import type { Identifier } from '../../src/document/ids.ts'
import type { Desk } from './town.ts'

/** One document that somebody sent, and what came of it. */
export interface Deposit {
  readonly desk: Desk
  readonly identifier: Identifier
  readonly bytes: Buffer
  /** sent along as `Idempotency-Key`, by those who do */
  readonly key: string | undefined
  /** whole answers, 201 or 200, with the request that each belongs to */
  readonly acknowledged: {
    readonly request: string
    readonly status: number
    readonly id: string
    readonly receipt: string
  }[]
  /** a connection was cut before the answer was whole: nobody knows what became of it */
  isUnknown: boolean
}

/** A document that began to come: from its first byte on it is disclosed. */
export interface Reading {
  readonly request: string
  readonly id: string
  /** undefined: cut in the middle */
  readonly bytes: Buffer | undefined
}

/** What the clients of one gateway have seen with their own eyes. */
export interface Ledger {
  readonly deposits: Deposit[]
  readonly readings: Reading[]
  /** answers that no client should ever get */
  readonly unexpected: string[]
}

export const emptyLedger = (): Ledger => ({ deposits: [], readings: [], unexpected: [] })
