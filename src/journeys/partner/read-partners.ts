import type { ClientId } from '../../document/ids.ts'
import type { Partner } from '../../document/partner.ts'
import type { Page } from '../ports.ts'
import type { PartnerParts } from './write-partner.ts'

/** One page of all clients, oldest first. */
export function readPartners(
  { partners }: Pick<PartnerParts, 'partners'>,
  { after = '', limit }: Page
): { readonly found: readonly Partner[]; readonly next: ClientId | undefined } {
  const later = partners
    .all()
    .filter(({ clientId }) => clientId > after)
    .toSorted((one, other) => (one.clientId < other.clientId ? -1 : 1))
  const found = later.slice(0, limit)
  return { found, next: later.length > limit ? found.at(-1)?.clientId : undefined }
}
