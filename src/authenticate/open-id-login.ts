import type { Instant } from '../document/ids.ts'
import { readJson } from '../standards/json.ts'
import { isRecord } from './is-record.ts'

/** A login that has left for an OpenID provider, as the browser carries it: sealed, so that it can neither be read nor made. */
export interface OpenIdLogin {
  readonly provider: string
  readonly state: string
  readonly nonce: string
  /** of PKCE (RFC 7636) */
  readonly codeVerifier: string
  /** the operator's invitation that this login takes, or '' */
  readonly code: string
  /** the session in which the person proves itself anew, or '' */
  readonly session: string
  /** afterwards it is none */
  readonly end: Instant
}

const minutes = 10

/** @param random base64url of 32 random bytes, another one each time */
export function newOpenIdLogin(
  facts: Pick<OpenIdLogin, 'provider' | 'code' | 'session'>,
  random: () => string,
  now: Instant
): OpenIdLogin {
  return { ...facts, state: random(), nonce: random(), codeVerifier: random(), end: now + minutes * 60_000 }
}

/** @returns undefined for what is no login of ours, or one that has ended */
export function readOpenIdLogin(bytes: Uint8Array, now: Instant): OpenIdLogin | undefined {
  // sealed by us, so that the shape is ours
  const { value } = readJson(bytes, { maxDepth: 2 })
  return isRecord(value) && typeof value.end === 'number' && now < value.end
    ? (value as unknown as OpenIdLogin)
    : undefined
}

const nameOf = (baseUrl: string): string => (baseUrl.startsWith('https:') ? '__Host-ryoritsu-login' : 'ryoritsu-login')

/** `SameSite=Lax`: the provider sends the browser back from another site. It opens nothing by itself. */
export const loginCookie = (baseUrl: string, sealed: string): string =>
  `${nameOf(baseUrl)}=${sealed}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${minutes * 60}${baseUrl.startsWith('https:') ? '; Secure' : ''}`

/** @returns undefined where there is none, or more than one */
export function sealedLogin(
  { cookie }: Readonly<Record<string, string | undefined>>,
  baseUrl: string
): string | undefined {
  const prefix = `${nameOf(baseUrl)}=`
  const values = (cookie ?? '').split(';').flatMap(pair => {
    const text = pair.trim()
    return text.startsWith(prefix) ? [text.slice(prefix.length)] : []
  })
  return values.length === 1 ? values[0] : undefined
}
