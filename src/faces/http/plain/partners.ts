import { as, type ClientId } from '../../../document/ids.ts'
import { addPartner } from '../../../journeys/partner/add-partner.ts'
import { changePartner } from '../../../journeys/partner/change-partner.ts'
import { partnerFile } from '../../../journeys/partner/partner-file.ts'
import { readPartner } from '../../../journeys/partner/read-partner.ts'
import { readPartners } from '../../../journeys/partner/read-partners.ts'
import { type InviteParts, inviteAgain, invitePerson } from '../../../journeys/person/invite-person.ts'
import { toInstant } from '../../../standards/fhir-time.ts'
import type { KnownRoute } from '../route.ts'
import type { Contract } from './contract.ts'
import { pageOf } from './page.ts'
import { toRoutes } from './to-routes.ts'

/** Partners and their clients, for the operator (contract §10). The bodies are partner files; what is wrong with one is said whole. */
export function partnerRoutes(
  parts: InviteParts & { readonly allow: { readonly workerClients: boolean } },
  contract: Contract
): readonly KnownRoute[] {
  return toRoutes(contract, {
    listPartners: {
      handle: async call => {
        const { found, next } = readPartners(parts, pageOf(call.query))
        return { status: 200, body: { items: found.map(partnerFile), ...(next !== undefined && { next }) } }
      }
    },
    addPartner: {
      handle: async (call, body) => ({
        status: 201,
        body: partnerFile(await addPartner(parts, readPartner(body), parts.allow, call))
      })
    },
    changePartner: {
      handle: async (call, body) => ({
        status: 200,
        body: partnerFile(await changePartner(parts, as<ClientId>(call.params.clientId!), body, call))
      })
    },
    invitePerson: {
      handle: async (call, body) => {
        const client = as<ClientId>(call.params.clientId!)
        const { role: wanted, name, purposes } = body
        const invited =
          wanted === undefined || name === undefined
            ? await inviteAgain(parts, client, call)
            : await invitePerson(parts, { client, role: wanted, name, purposes }, call)
        const { account, role, organization, invitation, expiresAt } = invited
        return {
          status: 201,
          body: {
            account,
            role,
            organization: `Organization/${organization}`,
            invitation,
            expires: toInstant(expiresAt)
          }
        }
      }
    }
  })
}
