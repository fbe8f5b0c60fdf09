import { comeBackFromProvider, leaveForProvider, type OpenIdParts } from '../../../journeys/person/open-id.ts'
import { cookieOf, fromOwnPage } from '../../../journeys/person/session-cookie.ts'
import type { PublicRoute } from '../route.ts'
import type { Contract } from './contract.ts'
import { toSession } from './session.ts'
import { toOpenRoutes } from './to-routes.ts'

/**
 * Login of staff at the OpenID provider of their organisation. The browser comes back from another site, so that this one call asks
 * for no header of our own pages: what guards it is the sealed cookie that was set when it left.
 */
export function openIdRoutes(parts: OpenIdParts, contract: Contract): readonly PublicRoute[] {
  return toOpenRoutes(contract, {
    leaveForProvider: {
      handle: async (call, { code, stepUp = false }) => {
        fromOwnPage(parts, 'POST', call.headers)
        const leaving = { provider: call.params.provider!, code, isStepUp: stepUp }
        const { location, cookie } = await leaveForProvider(parts, call, call.headers, leaving)
        return { status: 200, headers: { 'set-cookie': cookie }, body: { location } }
      }
    },
    comeBackFromProvider: {
      handle: async call => {
        const back = { provider: call.params.provider!, query: call.query }
        const { caller, token } = await comeBackFromProvider(parts, call, call.headers, back)
        return {
          status: 200,
          headers: { 'set-cookie': cookieOf(parts, token) },
          body: await toSession(parts, caller)
        }
      }
    }
  })
}
