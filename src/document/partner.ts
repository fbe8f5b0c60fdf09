import type { JWK } from 'jose'
import type { ClientId, Identifier, OrganizationId, PartyId } from './ids.ts'
import type { ClientRole, PurposeCode } from './role.ts'

/** The nine headings that an employer's handling rules must cover (取扱規程, domain P-14), with the day they were recorded. */
export interface HandlingRules {
  /** ISO 8601 date */
  readonly recordedOn: string
  readonly headings: readonly string[]
}

/** An organisation for which a client acts, and the party that it then is: all clients of one role of one organisation are one. */
export interface Represented {
  readonly organization: OrganizationId
  readonly organizationIdentifier: Identifier
  readonly organizationName: string
  readonly party: PartyId
  /** of this organisation: those of the platform that acts for it are not its own */
  readonly handlingRules: HandlingRules | undefined
}

/**
 * One client of a partner: one system, in one role, of one organisation (contract §2), which may act for others beside it.
 * A worker has an organisation of its own too, of which the worker is the only member, so that nothing below asks which it is.
 */
export interface Partner extends Represented {
  readonly clientId: ClientId
  readonly role: ClientRole
  readonly scope: readonly string[]
  readonly purposes: readonly PurposeCode[]
  /** further organisations for which it acts */
  readonly onBehalfOf?: readonly Represented[]
  /** public keys for client assertions; none where they are fetched from `jwksUri` */
  readonly jwks: { readonly keys: readonly JWK[] }
  /** where the client publishes its keys for client assertions */
  readonly jwksUri?: string | undefined
  /** public keys for signatures over documents, by kid */
  readonly signingKeys: { readonly keys: readonly JWK[] }
  /** takes tokens bound to a DPoP key alone (RFC 9449 section 5.2) */
  readonly dpop: boolean
  /** `x5t#S256` of the client's TLS certificate, without which it is given and may use no token (RFC 8705 section 3) */
  readonly certificateThumbprint: string | undefined
  readonly webhook: string | undefined
  readonly disabled: boolean
}

/** Whether this is the account of a person: no system has keys for it, and none may ever get any. */
export const isAccount = ({ jwks, jwksUri }: Partner): boolean => jwks.keys.length === 0 && jwksUri === undefined
