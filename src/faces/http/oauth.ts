import type { Signer } from '../../document/signer.ts'
import { authorizationServerMetadata, smartConfiguration } from '../../journeys/access/discovery.ts'
import { grantToken, TokenError } from '../../journeys/access/grant-token.ts'
import type { RefusalRecorder } from '../../journeys/access/record-refusal.ts'
import type { Parts } from '../../journeys/parts.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { PublicRoute, Route } from './route.ts'

const maxFormBytes = 16 * 1024

/** Token endpoint and discovery (contract §3). */
export function oauthRoutes(
  parts: Parts & { readonly tokenSigner: Signer; readonly jwks: object },
  refusals: RefusalRecorder,
  routes: readonly Route[]
): readonly PublicRoute[] {
  const scopes = [
    ...new Set(routes.flatMap(route => (route.access === 'public' ? [] : (route.access.scope ?? []))))
  ].sort()
  const facts = { issuer: parts.baseUrl, tokenEndpoint: `${parts.baseUrl}/oauth2/token`, scopes }
  const published = (path: string, body: object): PublicRoute => ({
    method: 'GET',
    path,
    dialect: 'plain',
    access: 'public',
    handle: () => ({ status: 200, body })
  })
  return [
    {
      method: 'POST',
      path: '/oauth2/token',
      dialect: 'oauth',
      access: 'public',
      handle: async call => {
        if (call.body.byteLength > maxFormBytes) throw new Refusal('too-large')
        try {
          return { status: 200, body: await grantToken(parts, { ...call, body: Buffer.from(call.body).toString() }) }
        } catch (error) {
          if (!(error instanceof TokenError)) throw error
          if (!error.partner) refusals.count(error.error, call.address)
          return { status: error.status, body: { error: error.error, error_description: error.description } }
        }
      }
    },
    published('/.well-known/smart-configuration', smartConfiguration(facts)),
    published('/.well-known/oauth-authorization-server', authorizationServerMetadata(facts)),
    published('/.well-known/jwks.json', parts.jwks)
  ]
}
