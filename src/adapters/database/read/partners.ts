import type { Kysely } from 'kysely'
import { as } from '../../../document/ids.ts'
import type { Partner } from '../../../document/partner.ts'
import type { ClientRole } from '../../../document/role.ts'
import type { PartnerReads } from '../../../journeys/ports.ts'
import type { Schema } from '../schema.ts'

/** What `partner.body` holds: the configuration of a client, all of it public. */
export type PartnerBody = Pick<Partner, 'scope' | 'purposes' | 'jwks' | 'signingKeys'> & {
  readonly webhook: string | null
  readonly handlingRules: Partner['handlingRules'] | null
}

/**
 * All partners in memory: some thousands at most, and every request asks for one. `refresh` reads them anew if rows were added,
 * by this process or another; rows of evidence are only ever added, so that their number tells.
 */
export async function partnerReads(database: Kysely<Schema>): Promise<PartnerReads> {
  let partners: readonly Partner[] = []
  let byClient = new Map<string, Partner>()
  let byParty = new Map<string, Partner>()
  let byOrganization = new Map<string, Partner[]>()
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
    const identifierOf = new Map(
      rows.map(row => [row.id, { system: row.identifierSystem, value: row.identifierValue }])
    )
    const versions = await database.selectFrom('partner').selectAll().orderBy('client').orderBy('version').execute()
    const newest = new Map(versions.map(row => [row.client, row]))
    partners = [...newest.values()].map(row => {
      const body = JSON.parse(row.body) as PartnerBody
      return {
        clientId: as(row.client),
        role: row.role as ClientRole,
        organization: as(row.organization),
        organizationIdentifier: identifierOf.get(row.organization)!,
        organizationName: organizations.get(row.organization)!.name,
        party: as(row.party),
        scope: body.scope,
        purposes: body.purposes,
        jwks: body.jwks,
        signingKeys: body.signingKeys,
        webhook: body.webhook ?? undefined,
        handlingRules: body.handlingRules ?? undefined,
        disabled: row.disabled === 1
      }
    })
    byClient = new Map(partners.map(partner => [partner.clientId, partner]))
    byParty = new Map(partners.map(partner => [partner.party, partner]))
    byOrganization = Map.groupBy(partners, partner => partner.organization)
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
    organizationName: id => organizations.get(id)?.name,
    organizationByIdentifier: (system, value) => {
      const id = organizationIds.get(`${system}|${value}`)
      return id === undefined ? undefined : as(id)
    },
    all: () => partners,
    refresh
  }
}
