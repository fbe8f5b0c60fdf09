import { catalogue, type Entry, type RefusalKey } from './catalogue.ts'
import type { Issue } from './issue.ts'

export interface RefusalDetails {
  /** FHIRPath expressions (FHIR routes), parameter names or JSON pointers (plain routes) of what is wrong */
  readonly at?: readonly string[]
  /** all single findings, where a station collected them */
  readonly issues?: readonly Issue[]
  /** why, for our own records; never sent to the caller */
  readonly cause?: unknown
  readonly retryAfterSeconds?: number
  /** `WWW-Authenticate` of a 401 */
  readonly challenge?: string
}

/**
 * A "no" that belongs to the contract. Anything thrown that is not a Refusal is a defect of ours.
 * The key decides status, issue type, words and whether trying again makes sense: see `catalogue`.
 */
export class Refusal extends Error {
  readonly key: RefusalKey
  readonly at: readonly string[]
  readonly issues: readonly Issue[]
  readonly retryAfterSeconds: number | undefined
  readonly challenge: string | undefined

  constructor(key: RefusalKey, details: RefusalDetails = {}) {
    super(key, details.cause === undefined ? {} : { cause: details.cause })
    this.name = 'Refusal'
    this.key = key
    this.at = details.at ?? []
    this.issues = details.issues ?? []
    this.retryAfterSeconds = details.retryAfterSeconds
    this.challenge = details.challenge
  }

  get entry(): Entry {
    return catalogue[this.key]
  }
}
