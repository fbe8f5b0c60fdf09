import { isIP } from 'node:net'
import type {
  AuditEventAgent,
  AuditEventAgentNetwork,
  CodeableConcept,
  Coding,
  Device,
  Reference
} from '@medplum/fhirtypes'
import type { Caller } from '../document/caller.ts'
import { codeSystem, idSystem } from '../document/canonical.ts'
import type { ClientId, OrganizationId, PartyId } from '../document/ids.ts'
import type { PurposeCode, RoleCode } from '../document/role.ts'
import type { ActRow } from './acts.ts'
import { userAgent } from './codes.ts'

/** The party that an act is directed at, where it is not the caller: one that is notified, or decided about. */
export interface Recipient {
  readonly client: ClientId
  readonly party: PartyId
  readonly organization: OrganizationId
  readonly role: RoleCode
  readonly purpose: PurposeCode | undefined
  /** IP address, host name or URL; undefined where none is known */
  readonly address: string | undefined
}

/** This gateway, as the log names it. */
export interface Gateway {
  readonly name: string
  /** host name or IP address */
  readonly address: string
}

export interface Participants {
  readonly caller?: Caller | undefined
  readonly recipient?: Recipient | undefined
  /** IP address or network of a caller who is not known; undefined where nobody called */
  readonly address?: string | undefined
  readonly gateway: Gateway
}

export const gatewayReference = ({ name }: Gateway): Reference<Device> => deviceReference('gateway', name)

export const purposeConcepts = (purpose: PurposeCode): CodeableConcept[] => [
  concept({ system: codeSystem('ryoritsu-purpose'), code: purpose })
]

/**
 * Client, gateway, and, where a party is known, its person and organisation. One of them is the requestor: the person
 * or the party; the client of a stranger; the gateway, where it notifies or its clock moved it.
 */
export function agentsOf(row: ActRow, participants: Participants): AuditEventAgent[] {
  const { caller, recipient, gateway } = participants
  const isDecision = row.profile === 'AuthZconsent'
  const isPush = recipient !== undefined && !isDecision
  const server: AuditEventAgent = {
    type: concept(row.agents.gateway),
    who: gatewayReference(gateway),
    requestor: isPush,
    // BALP allows the authorizer of a decision no network.
    ...(isDecision ? {} : networkOf(gateway.address))
  }
  const party = recipient ?? caller
  if (party === undefined) return [loneClient(row, participants), server]
  const client: AuditEventAgent = {
    type: concept(row.agents.client),
    who: deviceReference('client', party.client),
    requestor: false,
    ...networkOf(party.address)
  }
  const organization: AuditEventAgent = {
    type: concept(row.agents.organization),
    who: { reference: `Organization/${party.organization}`, type: 'Organization' },
    requestor: false
  }
  if (isPush) return [client, server, organization]
  return [client, userOf(row, party, recipient === undefined ? caller : undefined), organization, server]
}

/** A stranger has an address and no name; without either the gateway was its own client. */
function loneClient(row: ActRow, { address, gateway }: Participants): AuditEventAgent {
  const who = address === undefined ? { who: gatewayReference(gateway) } : {}
  return { type: concept(row.agents.client), ...who, requestor: true, ...networkOf(address ?? gateway.address) }
}

/**
 * The party in its role, and the person who acts in it. A worker is the patient of the record, so neither the name nor
 * the number under which their system knows them goes in.
 * @see IHE BALP 1.1.4, OAUTHaccessTokenUse.Minimal: the token by its `jti`
 */
function userOf(row: ActRow, party: Recipient | Caller, caller: Caller | undefined): AuditEventAgent {
  const person = caller?.role === 'worker' ? undefined : caller?.person
  const isPerson = person !== undefined || row.profile === 'AuthZconsent'
  return {
    type: concept(...(isPerson ? [row.agents.person] : []), ...(caller ? [userAgent('UserOauthAgent')] : [])),
    role: [concept({ system: codeSystem('ryoritsu-role'), code: party.role })],
    who: {
      reference: `PractitionerRole/${party.party}`,
      type: 'PractitionerRole',
      ...(person && { identifier: { system: idSystem('person'), value: person.id } })
    },
    ...(person && { name: person.name }),
    requestor: true,
    ...(caller && { policy: [`urn:ietf:params:oauth:jti:${caller.token}`] }),
    ...(party.purpose && { purposeOfUse: purposeConcepts(party.purpose) })
  }
}

function deviceReference(system: 'client' | 'gateway', value: string): Reference<Device> {
  return { type: 'Device', identifier: { system: idSystem(system), value } }
}

function concept(...coding: Coding[]): CodeableConcept {
  return { coding }
}

/** FHIR network-type: 1 host name, 2 IP address, 5 URL; a whole network has none. */
function networkOf(address: string | undefined): { network?: AuditEventAgentNetwork } {
  if (address === undefined) return {}
  if (isIP(address) !== 0) return { network: { address, type: '2' } }
  if (address.includes('://')) return { network: { address, type: '5' } }
  return { network: address.includes('/') ? { address } : { address, type: '1' } }
}
