import { noSessionCookie, requireSameOrigin, sessionCookie, sessionToken } from '../../authenticate/session-cookie.ts'
import type { Parts } from '../parts.ts'

type Headers = Readonly<Record<string, string | undefined>>
type Base = Pick<Parts, 'baseUrl'>

/** The cookie of a session as the face sends and reads it; its rules are the authenticate station's. */
export const cookieOf = ({ baseUrl }: Base, token: string): string => sessionCookie(baseUrl, token)
export const endedCookie = ({ baseUrl }: Base): string => noSessionCookie(baseUrl)
export const tokenIn = ({ baseUrl }: Base, headers: Headers): string | undefined => sessionToken(headers, baseUrl)

/** @throws Refusal `unauthorized` for a call that another site made a browser send */
export const fromOwnPage = ({ baseUrl }: Base, method: string, headers: Headers): void =>
  requireSameOrigin(method, headers, baseUrl)
