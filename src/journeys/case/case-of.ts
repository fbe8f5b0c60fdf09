import type { Caller } from '../../document/caller.ts'
import { type CaseSnapshot, memberOf } from '../../document/case.ts'
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
