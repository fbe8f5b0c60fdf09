import { covers } from '../../authenticate/scope.ts'
import type { Caller } from '../../document/caller.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { Row } from './who-may-call.ts'

/**
 * Whether this caller may make this call at all: scope, role, acting claims. Speaks of the caller alone and comes before
 * anything is looked up, so that a 403 never tells whether something exists (contract §1).
 */
export function admit(row: Row, caller: Caller): void {
  if (row.scope !== undefined && !covers(caller.scopes, row.scope)) throw new Refusal('insufficient-scope')
  if (row.may[caller.clientRole] === undefined) throw new Refusal('role-not-allowed')
  if (!row.health || caller.side !== 'employer') return
  if (caller.purpose === undefined) throw new Refusal('acting-ambiguous')
  if (caller.person === undefined) throw new Refusal('person-missing')
}
