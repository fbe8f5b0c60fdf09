import { covers } from '../../authenticate/scope.ts'
import type { Caller } from '../../document/caller.ts'
import type { ClientRole } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'

/** What a route asks of its caller. */
export interface Access {
  readonly roles: readonly ClientRole[]
  /** SMART v2 scope that must be covered; undefined: the token is enough, since nothing that is kept is read or written */
  readonly scope: string | undefined
  /** answers with health information: employer roles must say which person reads, and for which purpose */
  readonly readsHealthInformation?: boolean
}

/**
 * Whether this caller may make this call at all: scope, role, acting claims. Speaks of the caller alone and comes before
 * anything is looked up, so that a 403 never tells whether something exists (contract §1).
 */
export function admit(access: Access, caller: Caller): void {
  if (access.scope !== undefined && !covers(caller.scopes, access.scope)) throw new Refusal('insufficient-scope')
  if (!access.roles.includes(caller.clientRole)) throw new Refusal('role-not-allowed')
  if (!access.readsHealthInformation || caller.side !== 'employer') return
  if (caller.purpose === undefined) throw new Refusal('acting-ambiguous')
  if (caller.person === undefined) throw new Refusal('person-missing')
}
