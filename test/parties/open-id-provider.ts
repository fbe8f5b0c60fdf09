import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { JWK } from 'jose'
import { Provider } from 'oidc-provider'
import { request } from 'undici'
import { freePort } from './gateway.ts'

/** A pretend OpenID provider of an organisation: a real one on loopback, whose login page takes whoever stands before it. */
export interface PretendProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** who logs in next */
  person: string
  /**
   * Follows the redirects of a login as a browser would, until they lead elsewhere.
   * @param from the address that the gateway sent the browser to
   * @returns the address to which the browser is sent back
   */
  logIn(from: URL): Promise<URL>
  stop(): Promise<void>
}

export async function startOpenIdProvider(redirectUri: string): Promise<PretendProvider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const clientId = 'ryoritsu'
  const clientSecret = 'a secret of a pretend provider, for tests alone'
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...(privateKey.export({ format: 'jwk' }) as JWK), kid: 'idp', alg: 'ES256', use: 'sig' }] },
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        id_token_signed_response_alg: 'ES256',
        grant_types: ['authorization_code'],
        response_types: ['code']
      }
    ],
    acrValues: ['two-factor'],
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['for tests alone'] },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    pkce: { required: () => true },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AuthorizationCode: 60, AccessToken: 60, IdToken: 60 }
  })
  const pretend = { person: 'nobody' }
  const handle = provider.callback()
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url!.startsWith('/interaction/')) return void handle(incoming, outgoing)
    void (async () => {
      const { prompt, params, session, grantId } = await provider.interactionDetails(incoming, outgoing)
      if (prompt.name === 'login') {
        const login = { accountId: pretend.person, acr: 'two-factor', amr: ['pwd', 'otp'] }
        await provider.interactionFinished(incoming, outgoing, { login }, { mergeWithLastSubmission: false })
        return
      }
      const grant = new provider.Grant({ accountId: session!.accountId, clientId: params.client_id })
      grant.addOIDCScope('openid')
      const consent = { grantId: grantId ?? (await grant.save()) }
      await provider.interactionFinished(incoming, outgoing, { consent }, { mergeWithLastSubmission: true })
    })()
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const logIn = async (from: URL): Promise<URL> => {
    const cookies = new Map<string, string>()
    let next = from
    for (let step = 0; step < 12; step++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await request(next, { headers: { cookie } })
      await answer.body.dump()
      for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
        const [pair = ''] = line.split(';')
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
      }
      if (answer.headers.location === undefined) throw new Error(`the provider answered ${answer.statusCode}`)
      next = new URL(String(answer.headers.location), next)
      if (next.origin !== issuer) return next
    }
    throw new Error('the login went round in circles')
  }
  return Object.assign(pretend, {
    issuer,
    clientId,
    clientSecret,
    logIn,
    stop: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      })
  })
}
