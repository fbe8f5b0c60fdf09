import type { ClientId } from '../../document/ids.ts'
import type { Partner } from '../../document/partner.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { checkKeysApart, checkOrganizations } from './check-partner.ts'
import { readChange } from './read-change.ts'
import { represent } from './represent.ts'
import type { ChangeAsked, PartnerParts } from './write-partner.ts'

/**
 * Changes a client by what a file names of it (`readChange`). A client that is disabled, an organisation and a key that are taken away
 * stop at once; elsewhere on the same store within half a second.
 * @param value parsed JSON
 * @throws Refusal `not-found`, `parameter-invalid`, and as `addPartner`
 */
export async function changePartner(
  parts: PartnerParts,
  client: ClientId,
  value: unknown,
  asked?: ChangeAsked
): Promise<Partner> {
  if (!parts.partners.byClient(client)) throw new Refusal('not-found', { at: ['clientId'] })
  return represent(parts, asked, client, partner => {
    const wanted = readChange(partner, value)
    const { onBehalfOf = [], configuration } = wanted
    checkOrganizations(parts, partner.role, onBehalfOf, index => `onBehalfOf[${index}]`)
    if (configuration) checkKeysApart(parts, partner.role, configuration, client)
    return wanted
  })
}

/** Stops a client at once: its tokens are refused from the next call on. */
export async function disablePartner(parts: PartnerParts, client: ClientId): Promise<void> {
  // another process may have made it a moment ago
  await parts.partners.refresh()
  await changePartner(parts, client, { disabled: true })
}
