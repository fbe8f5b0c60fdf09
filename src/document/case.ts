import type { Caller } from './caller.ts'
import type { CaseState } from './case-state.ts'
import type { ConsentFacts } from './consent.ts'
import type { CaseId, Instant, OrganizationId } from './ids.ts'
import type { Side } from './role.ts'

export const caseKinds = ['continuation', 'return', 'card'] as const
export type CaseKind = (typeof caseKinds)[number]

/** One organisation (or the worker) in a case, and the number by which it knows the worker. */
export interface Member {
  readonly organization: OrganizationId
  readonly side: Side
  /** value in `{c}/IdSystem/case-subject`, of this organisation alone */
  readonly subject: string
  readonly joinedAt: Instant
}

/**
 * Everything that decisions about a case rest on, as of one version. Whatever changes any of it raises the version, so
 * that a decision can be guarded by the version it was made on.
 */
export interface CaseSnapshot {
  readonly id: CaseId
  /** value in `{c}/IdSystem/case` */
  readonly identifier: string
  readonly kind: CaseKind
  readonly version: number
  readonly state: CaseState
  readonly openedBy: OrganizationId
  readonly openedAt: Instant
  readonly members: readonly Member[]
  /** reception or JPKI has seen the person: before, the account releases nothing */
  readonly isWorkerConfirmed: boolean
  /** by which credentials the worker did so: another passkey has to be confirmed again (design §3) */
  readonly confirmedCredentials: readonly string[]
  readonly consents: readonly ConsentFacts[]
}

/** The person a case is about, as the side that opened it wrote it. Sealed at rest. */
export interface CasePerson {
  readonly name: string
  readonly kana: string
  /** ISO 8601 */
  readonly birthDate: string
  readonly contactWindow: string | undefined
}

/** Kana written by different hands compare equal: NFKC, without spaces (contract §5). */
export const kanaKey = (kana: string): string => kana.normalize('NFKC').replaceAll(/\s/gu, '')

export const isSamePerson = (
  person: CasePerson,
  claimed: { readonly birthDate: string; readonly kana: string }
): boolean => person.birthDate === claimed.birthDate && kanaKey(person.kana) === kanaKey(claimed.kana)

export const memberOf = (snapshot: CaseSnapshot, organization: OrganizationId): Member | undefined =>
  snapshot.members.find(member => member.organization === organization)

export const workerOf = (snapshot: CaseSnapshot): Member | undefined =>
  snapshot.members.find(member => member.side === 'worker')

/**
 * Whether this worker may release and see what the hospital wrote. A person's session may only by a credential that typed a
 * reception's code in this case, so that a second passkey, or one that came by recovery, opens nothing by itself.
 */
export const isConfirmedFor = (snapshot: CaseSnapshot, { session }: Pick<Caller, 'session'>): boolean =>
  session === undefined ? snapshot.isWorkerConfirmed : snapshot.confirmedCredentials.includes(session.credential)

/**
 * Whether the worker's account is used here by a credential that came beside, or after, one that was confirmed in this case. Until it is
 * confirmed too it is nobody known: it sees what the employer wrote, decides nothing, and is told nothing of what was decided.
 */
export const isDoubted = (snapshot: CaseSnapshot, caller: Pick<Caller, 'session' | 'side'>): boolean =>
  caller.side === 'worker' && snapshot.isWorkerConfirmed && !isConfirmedFor(snapshot, caller)
