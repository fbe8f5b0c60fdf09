import type { JWK } from 'jose'

import { identifierFault } from '../../document/identifier.ts'
import { as, type ClientId, type Identifier, type OrganizationId, type PartyId } from '../../document/ids.ts'
import type { HandlingRules, Partner } from '../../document/partner.ts'
import type { ClientRole, PurposeCode } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append } from '../../record/append.ts'
import type { Evidence } from '../../record/ports.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'

/** A partner as its file names it (contract §2). */
export interface NewPartner {
  readonly role: ClientRole
  readonly organization: { readonly name: string; readonly identifier: Identifier }
  readonly jwks: { readonly keys: readonly JWK[] }
  readonly signingKeys: { readonly keys: readonly JWK[] }
  readonly scope: readonly string[]
  readonly purposes: readonly PurposeCode[]
  readonly webhook: string | undefined
  readonly handlingRules: HandlingRules | undefined
}

/** What partners are added and disabled with; a gateway has it, and so has a command beside one. */
export type PartnerParts = Pick<Parts, 'partners' | 'record' | 'gateway' | 'now' | 'newId'>

/**
 * Registers one client of a partner. Organisations are found by their identifier or made; all clients of one role of one
 * organisation are one party, since consents name roles of organisations.
 * @throws Refusal `role-not-allowed` for a worker client where they are not allowed, and for an employer or hospital that is the
 *   operator itself; `identifier-check-digit`
 */
export async function addPartner(
  parts: PartnerParts,
  partner: NewPartner,
  allow: { readonly workerClients: boolean }
): Promise<Partner> {
  const { role, organization } = partner
  const { system, value } = organization.identifier
  if (role === 'worker' && !allow.workerClients) throw new Refusal('role-not-allowed', { at: ['role'] })
  if (identifierFault(organization.identifier) !== undefined) {
    throw new Refusal('identifier-check-digit', { at: ['organization.identifier.value'] })
  }
  checkIndependence(parts, partner)
  const at = parts.now()
  const known = parts.partners.organizationByIdentifier(system, value)
  const id = known ?? as<OrganizationId>(parts.newId())
  const sibling = known && parts.partners.ofOrganization(known).find(other => other.role === role)
  const client = as<ClientId>(parts.newId())
  const party = sibling?.party ?? as<PartyId>(parts.newId())
  const body = JSON.stringify({
    scope: partner.scope,
    purposes: partner.purposes,
    jwks: partner.jwks,
    signingKeys: partner.signingKeys,
    webhook: partner.webhook ?? null,
    handlingRules: partner.handlingRules ?? null
  })
  const row: Evidence['partner'] = { client, version: 1, organization: id, party, role, body, disabled: 0, at }
  const appended = await append(parts.record, {
    guards: [
      ...(known ? [] : [firstOf(parts, ['organization', system, value], id)]),
      ...(sibling ? [] : [firstOf(parts, ['party', id, role], party)])
    ],
    rows: {
      ...(known === undefined && {
        organization: [{ id, identifierSystem: system, identifierValue: value, name: organization.name, at }]
      }),
      partner: [row]
    },
    working: {},
    audit: [
      composer(parts, { request: parts.newId(), at })('partner-change', {
        reason: 'added',
        organizations: [id],
        entities: [{ of: 'partner', client }]
      })
    ]
  })
  await parts.partners.refresh()
  // another process made the organisation or the party at this very moment: it is known now
  if ('taken' in appended) return addPartner(parts, partner, allow)
  return parts.partners.byClient(client)!
}

/** Only one may make it; whoever comes second finds it made. */
const firstOf = (parts: PartnerParts, name: readonly string[], value: string) =>
  ({ kind: 'once', scope: 'party', key: parts.record.keyring.mac(...name), value, expiresAt: null }) as const

/** The operator must not be the employer, its HR vendor or the 産業医 (design §1), nor the hospital. */
function checkIndependence(parts: PartnerParts, { role, organization }: NewPartner): void {
  const own = parts.partners.all().filter(other => other.role === 'operator')
  const others = parts.partners.all().filter(other => other.role !== 'operator' && other.role !== 'auditor')
  const isSame = (other: Partner) =>
    other.organizationIdentifier.system === organization.identifier.system &&
    other.organizationIdentifier.value === organization.identifier.value
  const isClash = role === 'operator' ? others.some(isSame) : role !== 'auditor' && own.some(isSame)
  if (isClash) throw new Refusal('role-not-allowed', { at: ['organization.identifier'] })
}

/** Stops a client at once: its tokens are refused from the next call on. */
export async function disablePartner(parts: PartnerParts, client: ClientId): Promise<void> {
  const partner = parts.partners.byClient(client)
  if (!partner) throw new Refusal('not-found', { at: ['clientId'] })
  if (partner.disabled) return
  const at = parts.now()
  const { scope, purposes, jwks, signingKeys, webhook, handlingRules } = partner
  const body = JSON.stringify({
    scope,
    purposes,
    jwks,
    signingKeys,
    webhook: webhook ?? null,
    handlingRules: handlingRules ?? null
  })
  const { organization, party, role } = partner
  await append(parts.record, {
    guards: [],
    rows: { partner: [{ client, version: at, organization, party, role, body, disabled: 1, at }] },
    working: {},
    audit: [
      composer(parts, { request: parts.newId(), at })('partner-change', {
        reason: 'disabled',
        organizations: [organization],
        entities: [{ of: 'partner', client }]
      })
    ]
  })
  await parts.partners.refresh()
}
