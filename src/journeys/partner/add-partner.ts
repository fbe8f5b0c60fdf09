import { as, type ClientId, type Identifier } from '../../document/ids.ts'
import type { Partner } from '../../document/partner.ts'
import type { ClientRole } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { checkKeysApart, checkOrganizations } from './check-partner.ts'
import { type NamedOrganization, placesOf } from './places.ts'
import { represent } from './represent.ts'
import { type ChangeAsked, type Configuration, type PartnerParts, writePartner } from './write-partner.ts'

export type { PartnerParts } from './write-partner.ts'

/** A partner as its file names it (contract §2). */
export interface NewPartner extends Configuration {
  readonly role: ClientRole
  readonly organization: { readonly name: string; readonly identifier: Identifier }
  /** further organisations for which it acts, each once */
  readonly onBehalfOf?: readonly NamedOrganization[]
}

/**
 * Registers one client of a partner. Organisations are found by their identifier or made.
 * @throws Refusal `role-not-allowed` for a worker client where they are not allowed, for an employer or hospital that is the
 *   operator itself, and for a key of HR, supervisor or 産業医 that is another's; `identifier-check-digit`; `parameter-invalid`
 *   for an organisation that is named by an id which is none
 */
export async function addPartner(
  parts: PartnerParts,
  partner: NewPartner,
  allow: { readonly workerClients: boolean },
  asked?: ChangeAsked
): Promise<Partner> {
  const { role, organization, onBehalfOf = [], ...configuration } = partner
  if (role === 'worker' && !allow.workerClients) throw new Refusal('role-not-allowed', { at: ['role'] })
  checkOrganizations(parts, role, [organization], () => 'organization')
  checkOrganizations(parts, role, onBehalfOf, index => `onBehalfOf[${index}]`)
  checkKeysApart(parts, role, configuration, undefined)
  const { places, made } = placesOf(parts, role, [organization], parts.now())
  const client = as<ClientId>(parts.newId())
  const isWritten = await writePartner(parts, asked, {
    client,
    version: 1,
    role,
    ...places[0]!,
    configuration,
    disabled: false,
    reason: 'added',
    seats: [],
    made
  })
  // another process made the organisation or the party at this very moment: it is known now
  if (!isWritten) return addPartner(parts, partner, allow, asked)
  return represent(parts, asked, client, () => ({ onBehalfOf }))
}
