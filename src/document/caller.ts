import type { ClientId, Identifier, Instant, OrganizationId, PartyId } from './ids.ts'
import type { ClientRole, PurposeCode, RoleCode, Side } from './role.ts'

/** The human being who acts through a client, as the partner's system named them. */
export interface Person {
  readonly id: string
  readonly name: string
}

/**
 * The browser session through which a person's calls come, however the person proved to be there. What a machine's client does
 * has none: it proves its key anew with each token.
 */
export interface PersonSession {
  readonly id: string
  /** what the person proved to hold: the id of a passkey */
  readonly credential: string
  /** when the person last proved to be there */
  readonly steppedUpAt: Instant
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
  /** undefined: a machine's client */
  readonly session?: PersonSession | undefined
}
