import type { Kysely } from 'kysely'
import { as, type PartyId } from '../../../document/ids.ts'
import type { HandlingRules, Partner, Represented } from '../../../document/partner.ts'
import type { ClientRole } from '../../../document/role.ts'
import type { PartnerReads } from '../../../journeys/ports.ts'
import type { Schema } from '../schema.ts'

/** What `partner.body` holds: the configuration of a client, all of it public. */
export type PartnerBody = Pick<Partner, 'scope' | 'purposes' | 'jwks' | 'signingKeys'> & {
  /** missing, as the two below, in rows of before it was known */
  readonly jwksUri?: string | null
  readonly dpop?: boolean
  readonly certificateThumbprint?: string | null
  readonly webhook: string | null
  readonly handlingRules: Partner['handlingRules'] | null
}

/**
 * All partners in memory: some thousands at most, and every request asks for one. `refresh` reads them anew if rows were added,
 * by this process or another; rows of evidence are only ever added, and none about a client without one of `partner`, so that
 * the number of those tells.
 *
 * A client that acts for several organisations stands in the indexes once for each of them, with that organisation and party;
 * for one for which it acts no longer, as disabled.
 */
export async function partnerReads(database: Kysely<Schema>): Promise<PartnerReads> {
  let partners: readonly Partner[] = []
  let byClient = new Map<string, Partner>()
  let byParty = new Map<string, Partner>()
  let byOrganization = new Map<string, Partner[]>()
  let parties = new Map<string, PartyId>()
  let versions = new Map<string, number>()
  let organizations = new Map<string, { name: string; identifier: string }>()
  let organizationIds = new Map<string, string>()

  let counted = -1
  const read = async (): Promise<void> => {
    const { count } = await database
      .selectFrom('partner')
      .select(({ fn }) => fn.countAll<number | string>().as('count'))
      .executeTakeFirstOrThrow()
    if (Number(count) === counted) return
    const rows = await database.selectFrom('organization').selectAll().execute()
    organizations = new Map(rows.map(row => [row.id, { name: row.name, identifier: row.identifierValue }]))
    organizationIds = new Map(rows.map(row => [`${row.identifierSystem}|${row.identifierValue}`, row.id]))
    const organizationOf = new Map(
      rows.map(row => [
        row.id,
        {
          organization: as<Represented['organization']>(row.id),
          organizationIdentifier: { system: row.identifierSystem, value: row.identifierValue },
          organizationName: row.name
        }
      ])
    )
    const seats = await database
      .selectFrom('representation')
      .selectAll()
      .orderBy('client')
      .orderBy('organization')
      .orderBy('version')
      .execute()
    const newestSeats = [...new Map(seats.map(row => [`${row.client} ${row.organization}`, row])).values()]
    const seatsOf = Map.groupBy(newestSeats, row => row.client)
    const allVersions = await database.selectFrom('partner').selectAll().orderBy('client').orderBy('version').execute()
    const newest = new Map(allVersions.map(row => [row.client, row]))
    const everywhere: Partner[] = []
    partners = [...newest.values()].map(row => {
      const body = JSON.parse(row.body) as PartnerBody
      const own = seatsOf.get(row.client) ?? []
      const represented = own.map(seat => ({
        place: {
          ...organizationOf.get(seat.organization)!,
          party: as<PartyId>(seat.party),
          handlingRules: seat.handlingRules === null ? undefined : (JSON.parse(seat.handlingRules) as HandlingRules)
        },
        isEnded: seat.ended === 1
      }))
      const onBehalfOf = represented.flatMap(({ place, isEnded }) => (isEnded ? [] : [place]))
      const partner: Partner = {
        clientId: as(row.client),
        role: row.role as ClientRole,
        ...organizationOf.get(row.organization)!,
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
      everywhere.push(partner)
      for (const { place, isEnded } of represented) {
        everywhere.push({ ...partner, ...place, disabled: partner.disabled || isEnded })
      }
      return partner
    })
    byClient = new Map(partners.map(partner => [partner.clientId, partner]))
    // of several clients of one party, one that may call goes before others
    byParty = new Map(everywhere.toSorted(disabledFirst).map(partner => [partner.party, partner]))
    byOrganization = Map.groupBy(everywhere, partner => partner.organization)
    parties = new Map(everywhere.map(partner => [`${partner.organization} ${partner.role}`, partner.party]))
    versions = new Map([...newest.values()].map(row => [row.client, Number(row.version)]))
    counted = Number(count)
  }
  // one at a time, lest an earlier reading that ends later hides what is new
  let turn: Promise<void> = Promise.resolve()
  const refresh = (): Promise<void> => {
    turn = turn.then(read, read)
    return turn
  }
  await refresh()
  return {
    byClient: id => byClient.get(id),
    byParty: id => byParty.get(id),
    ofOrganization: id => byOrganization.get(id) ?? [],
    partyOf: (organization, role) => parties.get(`${organization} ${role}`),
    version: id => versions.get(id) ?? 0,
    organizationName: id => organizations.get(id)?.name,
    organizationByIdentifier: (system, value) => {
      const id = organizationIds.get(`${system}|${value}`)
      return id === undefined ? undefined : as(id)
    },
    all: () => partners,
    refresh
  }
}

const disabledFirst = (one: Partner, other: Partner) => Number(other.disabled) - Number(one.disabled)
