import { Refusal } from '../outcome/refusal.ts'
import { decodeBase64url } from '../standards/base64url.ts'

type Headers = Readonly<Record<string, string | undefined>>

/** `__Host-` binds the cookie to this host, path `/` and TLS; browsers take it over http for no address (RFC 6265bis 4.1.3.2). */
const isSecure = (baseUrl: string): boolean => baseUrl.startsWith('https:')
const nameOf = (baseUrl: string): string => (isSecure(baseUrl) ? '__Host-ryoritsu' : 'ryoritsu')

/** @param token 256 random bits, base64url. No `Max-Age`: the store knows when it ends, and the browser forgets it when closed. */
export const sessionCookie = (baseUrl: string, token: string): string =>
  `${nameOf(baseUrl)}=${token}; Path=/; HttpOnly; SameSite=Strict${isSecure(baseUrl) ? '; Secure' : ''}`

export const noSessionCookie = (baseUrl: string): string => `${sessionCookie(baseUrl, '')}; Max-Age=0`

/** @returns undefined where there is none, where two say different things, and for what is no token of ours */
export function sessionToken({ cookie }: Headers, baseUrl: string): string | undefined {
  const pairs = (cookie ?? '').split(';').map(pair => pair.trim().split('='))
  const values = pairs.filter(([name]) => name === nameOf(baseUrl)).map(([, ...value]) => value.join('='))
  const [token] = values
  return values.length === 1 && token !== undefined && isToken(token) ? token : undefined
}

function isToken(text: string): boolean {
  try {
    return decodeBase64url(text).length === 32
  } catch {
    return false
  }
}

/**
 * Whether a call comes from a page of our own. A cookie says only that the browser is that person's, not that the person meant it: so the
 * call must bear a header that other sites cannot send without being asked for leave (CORS, which is never given), must say our
 * origin where it says one, and must not say that it comes from elsewhere.
 * @throws Refusal `unauthorized`: a call from elsewhere has no session
 * @see Fetch standard (Origin), Fetch Metadata (Sec-Fetch-Site)
 */
export function requireSameOrigin(method: string, headers: Headers, baseUrl: string): void {
  const { origin, 'sec-fetch-site': site, 'x-ryoritsu-session': mark } = headers
  const isOurOrigin =
    origin === undefined ? method === 'GET' || site === 'same-origin' : origin === new URL(baseUrl).origin
  const isOurSite = site === undefined || site === 'same-origin'
  if (mark !== '1' || !isOurOrigin || !isOurSite) throw new Refusal('unauthorized', { cause: 'from another site' })
}
