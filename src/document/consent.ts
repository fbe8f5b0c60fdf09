import type { CaseId, ConsentId, Instant, OrganizationId, PartyId } from './ids.ts'
import type { KindCode } from './kind.ts'
import type { PurposeCode } from './role.ts'

/** A security label that a provision names (standards §4.2): a disclosure class, one item, or a confidentiality. */
export interface Label {
  readonly system: string
  readonly code: string
}

/** `[start, end)`; both ends always known, since a consent without end is refused */
export interface Period {
  readonly start: Instant
  readonly end: Instant
}

/** One nested provision of a Consent: what it permits or denies, to whom, for what. */
export interface Provision {
  readonly type: 'permit' | 'deny'
  readonly period: Period
  readonly kinds: readonly KindCode[]
  /** recipients: roles of organisations, never organisations (a permit to an employer would widen one to its HR) */
  readonly actors: readonly PartyId[]
  readonly purposes: readonly PurposeCode[]
  readonly labels: readonly Label[]
  /** how what is not released looks to the recipient (design §3 Views) */
  readonly withholding: 'marked' | 'silent'
}

/** The facts of one Consent resource, as the decision needs them. The resource itself stays as the worker gave it. */
export interface ConsentFacts {
  readonly id: ConsentId
  readonly case: CaseId
  readonly type: 'custody' | 'release'
  readonly status: 'active' | 'inactive'
  /** the organisation that holds what is released */
  readonly discloser: OrganizationId | undefined
  readonly period: Period
  readonly provisions: readonly Provision[]
  /** the consent that this one ended */
  readonly replaces: ConsentId | undefined
  /** when it was withdrawn or replaced */
  readonly endedAt: Instant | undefined
}
