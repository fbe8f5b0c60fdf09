import type { ClientId } from '../../document/ids.ts'
import type { HandlingRules, Partner } from '../../document/partner.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { knownId, type NamedOrganization, placesOf } from './places.ts'
import { bodyOf, type ChangeAsked, type Configuration, type PartnerParts, writePartner } from './write-partner.ts'

/** organisations in one commit: a platform has thousands of employers, and nobody shall wait for all of them */
const batch = 50
/** far more than the longest list needs */
const mostCommits = 1000

/** What a client shall be; what is left out stays as it is. */
export interface Wanted {
  readonly configuration?: Configuration
  readonly disabled?: boolean
  /** all further organisations, each once */
  readonly onBehalfOf?: readonly NamedOrganization[]
}

/**
 * Brings a client to what is wanted, in as many commits as it takes, what is taken away first. If the process ends midway, asking
 * again does the rest.
 * @param wanted asked of the client as it stands, anew where another process changed it meanwhile
 */
export async function represent(
  parts: PartnerParts,
  asked: ChangeAsked | undefined,
  client: ClientId,
  wanted: (partner: Partner) => Wanted
): Promise<Partner> {
  let goal = wanted(parts.partners.byClient(client)!)
  for (let commits = 0; commits < mostCommits; commits++) {
    const partner = parts.partners.byClient(client)!
    const change = changeTo(parts, partner, goal)
    if (change === undefined) return partner
    const { role, organization, party } = partner
    const version = parts.partners.version(client) + 1
    const isWritten = await writePartner(parts, asked, { client, version, role, organization, party, ...change })
    if (!isWritten || parts.partners.version(client) !== version) goal = wanted(parts.partners.byClient(client)!)
  }
  throw new Refusal('decision-changed', { retryAfterSeconds: 1 })
}

/** @returns the next commit towards it; undefined: it is so */
function changeTo(parts: PartnerParts, partner: Partner, wanted: Wanted) {
  const { configuration = partner, disabled = partner.disabled, onBehalfOf } = wanted
  const isSwitched = disabled !== partner.disabled
  const isChanged = bodyOf(configuration) !== bodyOf(partner)
  const seats = onBehalfOf === undefined ? undefined : seatsTo(parts, partner, onBehalfOf)
  if (!isSwitched && !isChanged && seats === undefined) return undefined
  return {
    configuration,
    disabled,
    reason: isSwitched ? (disabled ? 'disabled' : 'enabled') : 'changed',
    seats: seats?.seats ?? [],
    made: seats?.made ?? { guards: [], organizations: [] }
  } as const
}

/** The first of the organisations to take away, then to add; undefined: there are none. */
function seatsTo(parts: PartnerParts, partner: Partner, wanted: readonly NamedOrganization[]) {
  const has = new Map((partner.onBehalfOf ?? []).map(place => [place.organization, place]))
  const keeps = new Set(wanted.map(named => knownId(parts, named)))
  const ended = [...has.values()].filter(({ organization }) => !keeps.has(organization)).slice(0, batch)
  const seen = new Set<unknown>([partner.organization])
  const missing = wanted.filter(named => {
    const id = knownId(parts, named)
    // its own needs no place beside it, nor does one that is named by reference and whole
    if (seen.has(id)) return false
    if (id !== undefined) seen.add(id)
    const place = id && has.get(id)
    return !place || isOther(named.handlingRules, place.handlingRules)
  })
  if (ended.length === 0 && missing.length === 0) return undefined
  const next = missing.slice(0, batch - ended.length)
  const { places, made } = placesOf(parts, partner.role, next, parts.now())
  const rulesAt = (index: number) => next[index]!.handlingRules ?? has.get(places[index]!.organization)?.handlingRules
  return {
    seats: [
      ...ended.map(({ organization, party, handlingRules }) => ({ organization, party, handlingRules, ended: true })),
      ...places.map((place, index) => ({ ...place, handlingRules: rulesAt(index), ended: false }))
    ],
    made
  }
}

const isOther = (wanted: HandlingRules | undefined, known: HandlingRules | undefined): boolean =>
  wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(known)
