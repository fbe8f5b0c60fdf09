import { as, type Identifier, type OrganizationId, type PartyId } from '../../document/ids.ts'
import type { HandlingRules } from '../../document/partner.ts'
import type { ClientRole } from '../../document/role.ts'
import { firstOf, type Made, type PartnerParts } from './write-partner.ts'

/** An organisation as an operator names it: one that is known by its id, or whole. */
export type NamedOrganization = (
  | { readonly id: OrganizationId }
  | { readonly name: string; readonly identifier: Identifier }
) & {
  /** its own; left out: as they are known */
  readonly handlingRules?: HandlingRules
}

export interface Places {
  /** in the order they were named in */
  readonly places: readonly { readonly organization: OrganizationId; readonly party: PartyId }[]
  /** what is to be written with whatever uses them */
  readonly made: Made
}

/**
 * Finds the organisations and their parties of a role, or makes them. All clients of one role of one organisation are one party,
 * since consents name roles of organisations.
 * @param named each organisation once
 */
export function placesOf(
  parts: PartnerParts,
  role: ClientRole,
  named: readonly NamedOrganization[],
  at: number
): Places {
  const found = named.map(each => placeOf(parts, role, each, at))
  return {
    places: found.map(({ place }) => place),
    made: {
      guards: found.flatMap(({ made }) => made.guards),
      organizations: found.flatMap(({ made }) => made.organizations)
    }
  }
}

function placeOf(parts: PartnerParts, role: ClientRole, named: NamedOrganization, at: number) {
  const known = knownId(parts, named)
  const organization = known ?? as<OrganizationId>(parts.newId())
  const sibling = known && parts.partners.partyOf(known, role)
  const party = sibling ?? as<PartyId>(parts.newId())
  const makesParty = sibling ? [] : [firstOf(parts, ['party', organization, role], party)]
  if (known !== undefined || 'id' in named) {
    return { place: { organization, party }, made: { guards: makesParty, organizations: [] } }
  }
  const { system, value } = named.identifier
  return {
    place: { organization, party },
    made: {
      guards: [firstOf(parts, ['organization', system, value], organization), ...makesParty],
      organizations: [{ id: organization, identifierSystem: system, identifierValue: value, name: named.name, at }]
    }
  }
}

/** @returns undefined for one that is not known yet */
export const knownId = (parts: PartnerParts, named: NamedOrganization): OrganizationId | undefined =>
  'id' in named ? named.id : parts.partners.organizationByIdentifier(named.identifier.system, named.identifier.value)
