import type { Caller } from '../../document/caller.ts'
import type { ClientId, OrganizationId, PartyId } from '../../document/ids.ts'
import type { HandlingRules, Partner } from '../../document/partner.ts'
import type { ClientRole } from '../../document/role.ts'
import { append } from '../../record/append.ts'
import type { Evidence } from '../../record/ports.ts'
import type { Guard } from '../../record/write-set.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'

/** What partners are added and changed with; a gateway has it, and so has a command beside one. */
export type PartnerParts = Pick<Parts, 'partners' | 'record' | 'gateway' | 'now' | 'newId'>

/** Who asks for a change; undefined: the operator at the machine itself. */
export interface ChangeAsked {
  readonly request: string
  readonly at: number
  readonly address: string
  readonly caller: Caller
}

/** What may be changed about a client; its role and its own organisation may not. */
export type Configuration = Pick<
  Partner,
  | 'scope'
  | 'purposes'
  | 'jwks'
  | 'jwksUri'
  | 'signingKeys'
  | 'dpop'
  | 'certificateThumbprint'
  | 'webhook'
  | 'handlingRules'
>

/** One more state of a client, whole. */
export interface PartnerWrite {
  readonly client: ClientId
  /** one more than that of the state it was made from */
  readonly version: number
  readonly role: ClientRole
  readonly organization: OrganizationId
  readonly party: PartyId
  readonly configuration: Configuration
  readonly disabled: boolean
  readonly reason: 'added' | 'changed' | 'disabled' | 'enabled'
  /** organisations that it may act for from now on, or no longer */
  readonly seats: readonly Seat[]
  /** organisations and parties that are made with it */
  readonly made: Made
}

export interface Seat {
  readonly organization: OrganizationId
  readonly party: PartyId
  readonly handlingRules: HandlingRules | undefined
  readonly ended: boolean
}

export interface Made {
  readonly guards: readonly Guard[]
  readonly organizations: readonly Evidence['organization'][]
}

/**
 * Writes it, with its audit record, which the auditors of every organisation that it concerns may read.
 * @returns false where another process changed the client, or made an organisation or party, meanwhile: what is known is then anew
 */
export async function writePartner(
  parts: PartnerParts,
  asked: ChangeAsked | undefined,
  write: PartnerWrite
): Promise<boolean> {
  const { client, version, organization, party, role, reason, seats, made } = write
  const at = asked?.at ?? parts.now()
  const appended = await append(parts.record, {
    guards: [...made.guards, firstOf(parts, ['change', client, String(version)], client)],
    rows: {
      ...(made.organizations.length > 0 && { organization: made.organizations }),
      partner: [
        {
          client,
          version,
          organization,
          party,
          role,
          body: bodyOf(write.configuration),
          disabled: write.disabled ? 1 : 0,
          at
        }
      ],
      ...(seats.length > 0 && {
        representation: seats.map(seat => ({
          client,
          organization: seat.organization,
          version,
          party: seat.party,
          handlingRules: seat.handlingRules === undefined ? null : JSON.stringify(seat.handlingRules),
          ended: seat.ended ? 1 : 0,
          at
        }))
      })
    },
    working: {},
    // the account of a person ends in this very commit, on whichever gateway they are
    gone: write.disabled
      ? [
          { table: 'session', key: { account: client } },
          { table: 'accountCode', key: { account: client } }
        ]
      : [],
    audit: [
      composer(parts, asked ?? { request: parts.newId(), at })('partner-change', {
        reason,
        organizations: [...new Set([organization, ...seats.map(seat => seat.organization)])],
        entities: [{ of: 'partner', client }]
      })
    ]
  })
  await parts.partners.refresh()
  return !('taken' in appended)
}

/** What is kept of a configuration. */
export function bodyOf(configuration: Configuration): string {
  const { scope, purposes, jwks, jwksUri, signingKeys, dpop, certificateThumbprint, webhook, handlingRules } =
    configuration
  return JSON.stringify({
    scope,
    purposes,
    jwks,
    jwksUri: jwksUri ?? null,
    signingKeys,
    dpop,
    certificateThumbprint: certificateThumbprint ?? null,
    webhook: webhook ?? null,
    handlingRules: handlingRules ?? null
  })
}

/** Only one may make it; whoever comes second finds it made. */
export const firstOf = (parts: PartnerParts, name: readonly string[], value: string) =>
  ({ kind: 'once', scope: 'party', key: parts.record.keyring.mac(...name), value, expiresAt: null }) as const
