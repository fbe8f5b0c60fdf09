import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  PrivateKeyJwt
} from 'openid-client'
import type { OpenIdAnswer, OpenIdLogin, OpenIdProvider } from '../../journeys/person/ports.ts'
import type { Outbound } from '../undici/guarded.ts'

/** One provider as `openid.json` names it, with its secret at hand. */
export interface OpenIdSettings {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly credential: { readonly secret: string } | { readonly privateJwk: JsonWebKey & { readonly kid?: string } }
  readonly organizations: readonly string[]
  /** of ID tokens; none other is taken */
  readonly idTokenAlgorithm: string
  /** one of these the provider must have reached, such as a level with two factors; empty: whatever it did */
  readonly acrValues: readonly string[]
}

const rediscoverAfterMs = 3_600_000
const anewWithinSeconds = 300
const limits = { timeoutMs: 5000, maxBytes: 256 * 1024 }

/**
 * Login of staff at their organisation's OpenID provider: authorization code with PKCE, `state`, `nonce` and the issuer in the answer
 * (RFC 9207), by openid-client. What the provider publishes is read at the first login and anew each hour.
 * @see OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9700
 */
export function openIdProvider(settings: OpenIdSettings, outbound: Outbound, now: () => number): OpenIdProvider {
  let known: { readonly at: number; readonly configuration: Promise<Configuration> } | undefined
  const configured = (): Promise<Configuration> => {
    if (known && now() - known.at < rediscoverAfterMs) return known.configuration
    const configuration = discover(settings, outbound)
    const asked = { at: now(), configuration }
    known = asked
    // a provider that was away for a moment is asked again the next time
    configuration.catch(() => {
      if (known === asked) known = undefined
    })
    return configuration
  }
  return {
    name: settings.name,
    organizations: new Set(settings.organizations),
    async start(login) {
      try {
        return buildAuthorizationUrl(await configured(), await parametersOf(settings, login))
      } catch {
        return undefined
      }
    },
    async finish(cameBack, login) {
      let configuration: Configuration
      try {
        configuration = await configured()
      } catch (error) {
        return { kind: 'unreachable', why: nameOf(error) }
      }
      try {
        return await exchange(configuration, settings, cameBack, login)
      } catch (error) {
        return { kind: 'refused', why: nameOf(error) }
      }
    }
  }
}

function discover(settings: OpenIdSettings, outbound: Outbound): Promise<Configuration> {
  const { issuer, clientId, idTokenAlgorithm } = settings
  const server = new URL(issuer)
  return discovery(server, clientId, { id_token_signed_response_alg: idTokenAlgorithm }, authenticationOf(settings), {
    [customFetch]: (url, { method, headers, body }) => fetchBy(outbound, url, method, headers, body),
    // only where it was configured so: a provider beside us, in tests
    execute: server.protocol === 'http:' ? [allowInsecureRequests] : []
  })
}

function authenticationOf({ credential }: OpenIdSettings): ClientAuth {
  if ('secret' in credential) return ClientSecretBasic(credential.secret)
  const { kid, ...jwk } = credential.privateJwk
  const key = createPrivateKey({ key: jwk, format: 'jwk' }).toCryptoKey(algorithmOf(jwk), false, ['sign'])
  return PrivateKeyJwt(kid === undefined ? key : { key, kid })
}

function algorithmOf({ kty, crv }: JsonWebKey) {
  if (kty === 'EC' && crv !== undefined) return { name: 'ECDSA', namedCurve: crv }
  if (kty === 'RSA') return { name: 'RSA-PSS', hash: 'SHA-256' }
  return 'Ed25519'
}

async function fetchBy(
  outbound: Outbound,
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: unknown
): Promise<Response> {
  const text = body instanceof URLSearchParams ? body.toString() : typeof body === 'string' ? body : undefined
  const told = await outbound.ask(url, {
    method: method === 'POST' ? 'POST' : 'GET',
    headers,
    ...(text !== undefined && { body: text }),
    ...limits
  })
  if (!told?.body) throw new TypeError('the provider gave no answer')
  const type = told.headers['content-type'] ?? ''
  return new Response(Uint8Array.from(told.body), { status: told.status, headers: { 'content-type': type } })
}

async function parametersOf(settings: OpenIdSettings, login: OpenIdLogin): Promise<Record<string, string>> {
  return {
    redirect_uri: login.redirectUri,
    scope: 'openid',
    state: login.state,
    nonce: login.nonce,
    code_challenge: await calculatePKCECodeChallenge(login.codeVerifier),
    code_challenge_method: 'S256',
    ...(settings.acrValues.length > 0 && { acr_values: settings.acrValues.join(' ') }),
    ...(login.isAnew && { prompt: 'login', max_age: '0' })
  }
}

async function exchange(
  configuration: Configuration,
  { issuer, acrValues }: OpenIdSettings,
  cameBack: URL,
  login: OpenIdLogin
): Promise<OpenIdAnswer> {
  const tokens = await authorizationCodeGrant(configuration, cameBack, {
    expectedState: login.state,
    expectedNonce: login.nonce,
    pkceCodeVerifier: login.codeVerifier,
    idTokenExpected: true,
    ...(login.isAnew && { maxAge: anewWithinSeconds })
  })
  const claims = tokens.claims()!
  if (acrValues.length > 0 && !acrValues.includes(String(claims.acr))) return { kind: 'refused', why: 'acr' }
  const { sub: subject, auth_time: authTime } = claims
  return { kind: 'person', issuer, subject, provenAt: authTime === undefined ? undefined : authTime * 1000 }
}

/** The name of an error; its message may hold what the provider wrote. */
const nameOf = (error: unknown): string =>
  error instanceof Error ? String((error as { code?: unknown }).code ?? error.name) : 'unknown'
