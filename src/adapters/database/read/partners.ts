import type { Kysely } from 'kysely'
import { as, type OrganizationId, type PartyId } from '../../../document/ids.ts'
import type { HandlingRules, Partner, Represented } from '../../../document/partner.ts'
import type { ClientRole } from '../../../document/role.ts'
import type { PartnerReads } from '../../../journeys/ports.ts'
import type { Evidence } from '../../../record/ports.ts'
import type { Schema } from '../schema.ts'
import { PartnerIndex, type Seat } from './partner-index.ts'

/** What `partner.body` holds: the configuration of a client, all of it public. */
export type PartnerBody = Pick<Partner, 'scope' | 'purposes' | 'jwks' | 'signingKeys'> & {
  /** missing, as the two below, in rows of before it was known */
  readonly jwksUri?: string | null
  readonly dpop?: boolean
  readonly certificateThumbprint?: string | null
  readonly webhook: string | null
  readonly handlingRules: Partner['handlingRules'] | null
}

type Organization = Pick<Represented, 'organization' | 'organizationIdentifier' | 'organizationName'>

/** by how much the clocks of gateways may differ before it costs a reading of all */
const skewMs = 600_000

type Head = Pick<Evidence['partner'], 'client' | 'version' | 'at'>

/** of one query: none may hold up what else is asked */
const atOnce = 200

/**
 * All partners in memory: some thousands at most, and every request asks for one. `refresh` reads what was added since, by this
 * process or another; rows of evidence are only ever added, and none about a client without one of `partner`, so that the number
 * of those tells whether there is anything, and whether all of it was found.
 */
export async function partnerReads(database: Kysely<Schema>): Promise<PartnerReads> {
  const index = new PartnerIndex()
  const organizations = new Map<string, Organization>()
  const organizationIds = new Map<string, OrganizationId>()
  const parties = new Map<string, PartyId>()
  const versions = new Map<string, number>()
  const seatsOf = new Map<string, Map<string, Seat>>()

  let counted = 0
  let latest = 0
  const read = async (): Promise<void> => {
    const { count } = await database
      .selectFrom('partner')
      .select(({ fn }) => fn.countAll<number | string>().as('count'))
      .executeTakeFirstOrThrow()
    if (Number(count) <= counted) return
    let added = await addedSince(latest - skewMs)
    // another gateway's clock is further behind than that, or this is the first reading
    if (counted + added.length < Number(count)) added = await addedSince(0)
    const heads = [...new Map(added.map(row => [row.client, row])).values()]
    for (let from = 0; from < heads.length; from += atOnce) await readClients(heads.slice(from, from + atOnce))
    for (const { at } of added) latest = Math.max(latest, at)
    counted += added.length
  }

  /** Versions that are not known yet, of each client the oldest first. */
  const addedSince = async (at: number): Promise<readonly Head[]> => {
    const rows = await database
      .selectFrom('partner')
      .select(['client', 'version', 'at'])
      .where('at', '>=', at)
      .orderBy('at')
      .execute()
    return rows
      .filter(({ client, version }) => version > (versions.get(client) ?? 0))
      .sort((one, other) => one.version - other.version)
  }

  const readClients = async (heads: readonly Head[]): Promise<void> => {
    const newest = await database
      .selectFrom('partner')
      .selectAll()
      .where(row => row.or(heads.map(({ client, version }) => row.and({ client, version }))))
      .execute()
    const seats = await newSeats(heads.map(({ client }) => client))
    await readOrganizations([...newest, ...seats].map(row => row.organization))
    for (const row of seats) seat(row)
    for (const row of newest) {
      const own = seatsOf.get(row.client)
      const partner = toPartner(row, organizations.get(row.organization)!, own?.values() ?? [])
      index.put(partner, own?.values() ?? [])
      parties.set(`${row.organization} ${row.role}`, partner.party)
      for (const { place } of own?.values() ?? []) parties.set(`${place.organization} ${row.role}`, place.party)
      versions.set(row.client, row.version)
    }
  }

  /** Those that came since the version that is known of each client, oldest first. */
  const newSeats = async (clients: readonly string[]) => {
    const seats = database.selectFrom('representation').selectAll()
    const unknown = clients.filter(client => !versions.has(client))
    const found = unknown.length === 0 ? [] : await seats.where('client', 'in', unknown).orderBy('version').execute()
    for (const client of clients) {
      const known = versions.get(client)
      if (known === undefined) continue
      found.push(
        ...(await seats.where('client', '=', client).where('version', '>', known).orderBy('version').execute())
      )
    }
    return found
  }

  const readOrganizations = async (ids: readonly string[]): Promise<void> => {
    const missing = [...new Set(ids)].filter(id => !organizations.has(id))
    for (let from = 0; from < missing.length; from += atOnce) {
      const some = missing.slice(from, from + atOnce)
      for (const row of await database.selectFrom('organization').selectAll().where('id', 'in', some).execute()) {
        const id = as<OrganizationId>(row.id)
        const { identifierSystem: system, identifierValue: value } = row
        organizations.set(id, {
          organization: id,
          organizationIdentifier: { system, value },
          organizationName: row.name
        })
        organizationIds.set(`${system}|${value}`, id)
      }
    }
  }

  const seat = ({ client, organization, party, handlingRules, ended }: Evidence['representation']): void => {
    const own = seatsOf.get(client) ?? new Map<string, Seat>()
    seatsOf.set(client, own)
    const rules = handlingRules === null ? undefined : (JSON.parse(handlingRules) as HandlingRules)
    const place = { ...organizations.get(organization)!, party: as<PartyId>(party), handlingRules: rules }
    own.set(organization, { place, isEnded: ended === 1 })
  }

  // one at a time, lest an earlier reading that ends later hides what is new
  let turn: Promise<void> = Promise.resolve()
  const refresh = (): Promise<void> => {
    turn = turn.then(read, read)
    return turn
  }
  await refresh()
  return {
    byClient: id => index.byClient(id),
    byParty: id => index.byParty(id),
    ofOrganization: id => index.ofOrganization(id),
    partyOf: (organization, role) => parties.get(`${organization} ${role}`),
    version: id => versions.get(id) ?? 0,
    organizationName: id => organizations.get(id)?.organizationName,
    organizationByIdentifier: (system, value) => organizationIds.get(`${system}|${value}`),
    all: () => index.all(),
    refresh
  }
}

function toPartner(row: Evidence['partner'], organization: Organization, seats: Iterable<Seat>): Partner {
  const body = JSON.parse(row.body) as PartnerBody
  const onBehalfOf = [...seats].flatMap(({ place, isEnded }) => (isEnded ? [] : [place]))
  return {
    clientId: as(row.client),
    role: row.role as ClientRole,
    ...organization,
    party: as(row.party),
    ...(onBehalfOf.length > 0 && { onBehalfOf }),
    scope: body.scope,
    purposes: body.purposes,
    jwks: body.jwks,
    ...(body.jwksUri && { jwksUri: body.jwksUri }),
    signingKeys: body.signingKeys,
    dpop: body.dpop ?? false,
    certificateThumbprint: body.certificateThumbprint ?? undefined,
    webhook: body.webhook ?? undefined,
    handlingRules: body.handlingRules ?? undefined,
    disabled: row.disabled === 1
  }
}
