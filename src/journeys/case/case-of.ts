import type { Caller } from '../../document/caller.ts'
import { type CaseSnapshot, isDoubted, memberOf } from '../../document/case.ts'
import type { CaseId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { Parts } from '../parts.ts'

/**
 * The case, for a member of it.
 * @throws Refusal `not-found` for a case that is not there and for one of others alike
 */
export async function caseOf(parts: Pick<Parts, 'cases'>, caller: Caller, id: CaseId): Promise<CaseSnapshot> {
  const snapshot = await parts.cases.byId(id)
  if (!snapshot || !memberOf(snapshot, caller.organization)) throw new Refusal('not-found')
  return snapshot
}

/**
 * The case, for a member who decides something in it.
 * @throws Refusal `not-found`; `case-state` for a worker's passkey that was not confirmed as an earlier one was
 */
export async function ownCaseOf(parts: Pick<Parts, 'cases'>, caller: Caller, id: CaseId): Promise<CaseSnapshot> {
  const snapshot = await caseOf(parts, caller, id)
  requireUndoubted(snapshot, caller)
  return snapshot
}

/** @throws Refusal `case-state` */
export function requireUndoubted(snapshot: CaseSnapshot, caller: Caller): void {
  if (isDoubted(snapshot, caller)) throw new Refusal('case-state', { at: ['EpisodeOfCare'] })
}
