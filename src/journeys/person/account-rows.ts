import { idSystem } from '../../document/canonical.ts'
import { as, type ClientId, type Identifier, type OrganizationId, type PartyId } from '../../document/ids.ts'
import type { ClientRole, PurposeCode } from '../../document/role.ts'
import type { FreshKey } from '../../record/keyring.ts'
import type { Evidence } from '../../record/ports.ts'
import { newOpaque } from '../case/new-case.ts'
import { bodyOf } from '../partner/write-partner.ts'
import type { Parts } from '../parts.ts'

type RowParts = Pick<Parts, 'newId' | 'random' | 'record'>

/** For whom an account acts: what a registered client says of itself, but for its keys. */
export interface ActsFor {
  readonly role: ClientRole
  readonly organization: OrganizationId
  readonly organizationIdentifier: Identifier
  readonly party: PartyId
  readonly purposes: readonly PurposeCode[]
}

export interface NewAccount extends ActsFor {
  readonly clientId: ClientId
  readonly fresh: FreshKey
  readonly account: Evidence['account']
  readonly partner: Evidence['partner']
}

/**
 * An account is a client without keys: everything that asks for whom a caller acts finds it where it finds all others, and no
 * assertion is ever taken from it. What is personal is sealed under a key of its own.
 * @param person `handle`: base64url, random
 */
export function accountRows(
  parts: RowParts,
  actsFor: ActsFor,
  person: { readonly name: string | undefined; readonly handle: string },
  at: number
): NewAccount {
  const clientId = as<ClientId>(parts.newId())
  const fresh = parts.record.keyring.freshCaseKey(clientId)
  const sealed = parts.record.keyring.seal(fresh.key, `account|${clientId}`, Buffer.from(JSON.stringify(person)))
  const { role, organization, party, purposes } = actsFor
  const none = { keys: [] }
  const body = bodyOf({
    scope: [],
    purposes,
    jwks: none,
    signingKeys: none,
    webhook: undefined,
    handlingRules: undefined,
    dpop: false,
    certificateThumbprint: undefined
  })
  return {
    ...actsFor,
    clientId,
    fresh,
    account: { id: clientId, sealed, at },
    partner: { client: clientId, version: 1, organization, party, role, body, disabled: 0, at }
  }
}

/** A worker has an organisation of its own, of which the worker is the only member; no name stands in clear anywhere. */
export function workerRows(parts: RowParts, handle: string, at: number) {
  const organization = as<OrganizationId>(parts.newId())
  const organizationIdentifier = { system: idSystem('person'), value: newOpaque(parts as Parts) }
  const party = as<PartyId>(parts.newId())
  const actsFor: ActsFor = { role: 'worker', organization, organizationIdentifier, party, purposes: [] }
  const row: Evidence['organization'] = {
    id: organization,
    identifierSystem: organizationIdentifier.system,
    identifierValue: organizationIdentifier.value,
    name: '',
    at
  }
  return { organization: row, made: accountRows(parts, actsFor, { name: undefined, handle }, at) }
}
