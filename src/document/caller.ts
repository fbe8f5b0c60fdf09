import type { ClientId, Identifier, OrganizationId, PartyId } from './ids.ts'
import type { ClientRole, PurposeCode, RoleCode, Side } from './role.ts'

/** The human being who acts through a client, as the partner's system named them. */
export interface Person {
  readonly id: string
  readonly name: string
}

/** Who calls, for which organisation, in which role, for which purpose: what the access token says, nothing looked up later. */
export interface Caller {
  readonly client: ClientId
  readonly clientRole: ClientRole
  readonly side: Side | undefined
  readonly party: PartyId
  readonly organization: OrganizationId
  readonly organizationIdentifier: Identifier
  readonly role: RoleCode
  readonly purpose: PurposeCode | undefined
  readonly person: Person | undefined
  readonly scopes: ReadonlySet<string>
  /** `jti` of the access token, for the audit record */
  readonly token: string
  /** remote address, for the audit record */
  readonly address: string
}
