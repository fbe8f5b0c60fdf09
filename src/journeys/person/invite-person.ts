import type { ClientId, OrganizationId } from '../../document/ids.ts'
import { isAccount, type Partner } from '../../document/partner.ts'
import { type ClientRole, type PurposeCode, sideOfClient } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append, appendAlways } from '../../record/append.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import { composer } from '../composer.ts'
import { type Places, placesOf } from '../partner/places.ts'
import type { ChangeAsked, PartnerParts } from '../partner/write-partner.ts'
import type { Parts } from '../parts.ts'
import { newInvitation } from './account-code.ts'
import { accountRows } from './account-rows.ts'

/** What people are invited with; a gateway has it, and so has a command beside one. */
export type InviteParts = PartnerParts & Pick<Parts, 'random' | 'persons'>

export interface Invited {
  /** id of the account */
  readonly account: ClientId
  readonly role: ClientRole
  readonly organization: OrganizationId
  /** one use, 30 days */
  readonly invitation: string
  readonly expiresAt: number
}

export interface Inviting {
  /** a client of the organisation that the person belongs to */
  readonly client: ClientId
  /** one account has one role: HR, supervisor and 産業医 are never one (design §4) */
  readonly role: ClientRole
  readonly name: string
  /** undefined: those of the client */
  readonly purposes: readonly PurposeCode[] | undefined
}

/**
 * The operator makes an account for a member of a partner's staff, or for an auditor of it, and gets the code by which that person
 * makes a passkey. Workers are invited by the case alone.
 * @throws Refusal `not-found` for a client that there is not; `role-not-allowed` where the organisation has no such role
 */
export async function invitePerson(parts: InviteParts, inviting: Inviting, asked?: ChangeAsked): Promise<Invited> {
  const { client, role, name } = inviting
  const partner = parts.partners.byClient(client)
  if (!partner) throw new Refusal('not-found', { at: ['clientId'] })
  if (isAccount(partner) || !mayHave(partner, role)) throw new Refusal('role-not-allowed', { at: ['role'] })
  const at = asked?.at ?? parts.now()
  const needsPurpose = sideOfClient[role] !== undefined
  const purposes = needsPurpose ? (inviting.purposes ?? partner.purposes) : []
  const { organization, organizationIdentifier } = partner
  const { places, made: madeWith } = placesOf(parts, role, [{ id: organization }], at)
  const [{ party }] = places as [Places['places'][number]]
  const person = { name, handle: encodeBase64url(parts.random(32)) }
  const made = accountRows(parts, { role, organization, organizationIdentifier, party, purposes }, person, at)
  const { code, row } = newInvitation(parts, made.clientId, at)
  const appended = await append(parts.record, {
    guards: madeWith.guards,
    rows: { partner: [made.partner], account: [made.account] },
    working: { keyWrap: [made.fresh.wrap], accountCode: [row] },
    audit: [record(parts, asked, made.clientId, organization, 'invited', at)]
  })
  await parts.partners.refresh()
  // another process made the first of this role at this very moment: it is known now
  if ('taken' in appended) return invitePerson(parts, inviting, asked)
  return { account: made.clientId, role, organization, invitation: code, expiresAt: row.expiresAt }
}

/**
 * A new invitation for staff or an auditor who lost every passkey, or whose passkey is in other hands: all passkeys and sessions end now,
 * not only when it is used. A worker's account is beyond the operator: it is recovered at a reception.
 * @throws Refusal `not-found`, `role-not-allowed`
 */
export async function inviteAgain(parts: InviteParts, account: ClientId, asked?: ChangeAsked): Promise<Invited> {
  const partner = parts.partners.byClient(account)
  if (!partner || partner.disabled || !(await parts.persons.account(account))) {
    throw new Refusal('not-found', { at: ['account'] })
  }
  const { role, organization } = partner
  if (role === 'worker') throw new Refusal('role-not-allowed', { at: ['account'] })
  const at = asked?.at ?? parts.now()
  const { code, row } = newInvitation(parts, account, at)
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: { accountCode: [row] },
    gone: [
      { table: 'passkey', key: { account } },
      { table: 'session', key: { account } },
      { table: 'openIdAccount', key: { account } },
      { table: 'accountCode', key: { account } }
    ],
    audit: [record(parts, asked, account, organization, 'invited-again', at)]
  })
  return { account, role, organization, invitation: code, expiresAt: row.expiresAt }
}

/** An auditor for any organisation; else a role of the side on which the organisation already stands. */
function mayHave(partner: Partner, role: ClientRole): boolean {
  if (partner.role === 'worker' || role === 'worker') return false
  if (role === 'auditor' || role === partner.role) return true
  return sideOfClient[role] !== undefined && sideOfClient[role] === sideOfClient[partner.role]
}

const record = (
  parts: InviteParts,
  asked: ChangeAsked | undefined,
  client: ClientId,
  organization: OrganizationId,
  reason: 'invited' | 'invited-again',
  at: number
) =>
  composer(parts, asked ?? { request: parts.newId(), at })('account-change', {
    reason,
    organizations: [organization],
    entities: [{ of: 'partner', client }]
  })
