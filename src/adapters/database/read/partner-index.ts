import type { ClientId, OrganizationId, PartyId } from '../../../document/ids.ts'
import type { Partner, Represented } from '../../../document/partner.ts'

/** An organisation for which a client acts beside its own, or for which it did. */
export interface Seat {
  readonly place: Represented
  readonly isEnded: boolean
}

/**
 * Clients by all that is asked for them. One that acts for several organisations stands here once for each of them, with that
 * organisation and party; for one for which it acts no longer, as disabled. A client that changes is put in anew; the others stay as
 * they are, and so does what is kept by their keys.
 */
export class PartnerIndex {
  readonly #byClient = new Map<string, Partner>()
  readonly #byParty = new Map<string, Partner>()
  readonly #byOrganization = new Map<string, readonly Partner[]>()
  #all: readonly Partner[] | undefined

  byClient(id: ClientId): Partner | undefined {
    return this.#byClient.get(id)
  }

  byParty(id: PartyId): Partner | undefined {
    return this.#byParty.get(id)
  }

  ofOrganization(id: OrganizationId): readonly Partner[] {
    return this.#byOrganization.get(id) ?? []
  }

  /** the same list until one is put */
  all(): readonly Partner[] {
    this.#all ??= [...this.#byClient.values()].sort(byId)
    return this.#all
  }

  put(partner: Partner, seats: Iterable<Seat>): void {
    this.#all = undefined
    this.#byClient.set(partner.clientId, partner)
    this.#putAt(partner)
    for (const { place, isEnded } of seats) {
      this.#putAt({ ...partner, ...place, disabled: partner.disabled || isEnded })
    }
  }

  #putAt(partner: Partner): void {
    const { organization, party, clientId } = partner
    const others = this.ofOrganization(organization).filter(other => other.clientId !== clientId)
    const all = [...others, partner].sort(byId)
    this.#byOrganization.set(organization, all)
    // of several clients of one party, one that may call goes before others
    const same = all.filter(other => other.party === party)
    this.#byParty.set(party, same.findLast(other => !other.disabled) ?? partner)
  }
}

const byId = (one: Partner, other: Partner) => (one.clientId < other.clientId ? -1 : 1)
