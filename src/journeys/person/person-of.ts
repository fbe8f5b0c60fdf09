import type { PartnerDirectory } from '../../authenticate/ports.ts'
import { callerInSession } from '../../authenticate/session.ts'
import type { Caller, Person, PersonSession } from '../../document/caller.ts'
import type { ClientId } from '../../document/ids.ts'
import type { Partner } from '../../document/partner.ts'
import type { Parts } from '../parts.ts'

/** Clients and accounts; one that is unknown here may have been made by another gateway a moment ago, and is looked for anew. */
export const partnerDirectory = ({ partners }: Pick<Parts, 'partners'>): PartnerDirectory => ({
  byClient: async id => {
    if (partners.byClient(id) === undefined) await partners.refresh()
    return partners.byClient(id)
  }
})

/** For which organisation and in which role an account acts; undefined where it may no longer. */
export async function partnerOf(parts: Pick<Parts, 'partners'>, account: ClientId): Promise<Partner | undefined> {
  const partner = await partnerDirectory(parts).byClient(account)
  return partner?.disabled ? undefined : partner
}

/** The acting person, for records and for those who read them; a worker's name stands in no record. */
export async function actingPerson(parts: Pick<Parts, 'persons'>, account: ClientId): Promise<Person | undefined> {
  const name = (await parts.persons.account(account))?.name
  return name === undefined ? undefined : { id: account, name }
}

export async function callerOf(
  parts: Pick<Parts, 'persons'>,
  partner: Pick<Partner, 'clientId' | 'role' | 'party' | 'organization' | 'organizationIdentifier'>,
  session: PersonSession,
  address: string
): Promise<Caller> {
  return callerInSession(partner, session, await actingPerson(parts, partner.clientId), address)
}
