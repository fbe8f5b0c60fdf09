import type { JWK } from 'jose'
import type { ClientId, Identifier, OrganizationId, PartyId } from './ids.ts'
import type { ClientRole, PurposeCode } from './role.ts'

/** The nine headings that an employer's handling rules must cover (取扱規程, domain P-14), with the day they were recorded. */
export interface HandlingRules {
  /** ISO 8601 date */
  readonly recordedOn: string
  readonly headings: readonly string[]
}

/**
 * One client of a partner: one system, in one role, of one organisation (contract §2).
 * A worker has an organisation of its own too, of which the worker is the only member, so that nothing below asks which it is.
 */
export interface Partner {
  readonly clientId: ClientId
  readonly role: ClientRole
  readonly organization: OrganizationId
  readonly organizationIdentifier: Identifier
  readonly organizationName: string
  readonly party: PartyId
  readonly scope: readonly string[]
  readonly purposes: readonly PurposeCode[]
  /** public keys for client assertions */
  readonly jwks: { readonly keys: readonly JWK[] }
  /** public keys for signatures over documents, by kid */
  readonly signingKeys: { readonly keys: readonly JWK[] }
  readonly webhook: string | undefined
  readonly handlingRules: HandlingRules | undefined
  readonly disabled: boolean
}
