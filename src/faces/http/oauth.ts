import type { CurrentSigner } from '../../document/signer.ts'
import { authorizationServerMetadata, smartConfiguration } from '../../journeys/access/discovery.ts'
import { grantToken, type TokenCall, TokenError } from '../../journeys/access/grant-token.ts'
import { introspectToken } from '../../journeys/access/introspect-token.ts'
import type { RefusalRecorder } from '../../journeys/access/record-refusal.ts'
import { type RevokeParts, revokeToken } from '../../journeys/access/revoke-token.ts'
import type { RouteName } from '../../journeys/access/who-may-call.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { at, type PublicRoute, type Route } from './route.ts'

type PublicName = Extract<RouteName, `GET /.well-known/${string}`>
type FormName = Extract<RouteName, `POST /oauth2/${string}`>

const maxFormBytes = 16 * 1024

/** Token endpoint, introspection, revocation and discovery (contract §3). */
export function oauthRoutes(
  parts: RevokeParts & {
    readonly tokenSigner: CurrentSigner
    readonly jwks: () => object
    /** certificates of clients come here, so that tokens can be bound to them */
    readonly seesCertificates: boolean
  },
  refusals: RefusalRecorder,
  routes: readonly Route[]
): readonly PublicRoute[] {
  const scopes = [
    ...new Set(routes.flatMap(route => (typeof route.access === 'string' ? [] : (route.access.scope ?? []))))
  ].sort()
  const facts = {
    issuer: parts.baseUrl,
    tokenEndpoint: `${parts.baseUrl}/oauth2/token`,
    introspectionEndpoint: `${parts.baseUrl}/oauth2/introspect`,
    revocationEndpoint: `${parts.baseUrl}/oauth2/revoke`,
    scopes,
    bindsToCertificates: parts.seesCertificates
  }
  const published = (name: PublicName, body: () => object): PublicRoute => ({
    ...at(name),
    dialect: 'plain',
    handle: () => ({ status: 200, body: body() })
  })
  const endpoint = (name: FormName, answer: (call: TokenCall) => Promise<object>): PublicRoute => ({
    ...at(name),
    dialect: 'oauth',
    handle: async call => {
      if (call.body.byteLength > maxFormBytes) throw new Refusal('too-large')
      try {
        return { status: 200, body: await answer({ ...call, body: Buffer.from(call.body).toString() }) }
      } catch (error) {
        if (!(error instanceof TokenError)) throw error
        if (!error.partner) refusals.count(error.error, call.address)
        return { status: error.status, body: { error: error.error, error_description: error.description } }
      }
    }
  })
  return [
    endpoint('POST /oauth2/token', call => grantToken(parts, call)),
    endpoint('POST /oauth2/introspect', call => introspectToken(parts, call)),
    // the status says it all (RFC 7009 section 2.2)
    endpoint('POST /oauth2/revoke', async call => {
      await revokeToken(parts, call)
      return {}
    }),
    published('GET /.well-known/smart-configuration', () => smartConfiguration(facts)),
    published('GET /.well-known/oauth-authorization-server', () => authorizationServerMetadata(facts)),
    published('GET /.well-known/jwks.json', parts.jwks)
  ]
}
