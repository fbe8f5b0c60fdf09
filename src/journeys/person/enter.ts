import { isOpen } from '../../authenticate/session.ts'
import { requireSameOrigin, sessionToken } from '../../authenticate/session-cookie.ts'
import type { Caller } from '../../document/caller.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { Parts } from '../parts.ts'
import { sessionId, sessionStands } from './new-session.ts'
import { callerOf, partnerOf } from './person-of.ts'

/** A call of a browser, before anything of it is believed. */
export interface BrowserCall {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly at: number
  readonly address: string
}

/** How exactly it is kept when a session was last used. */
const touchMs = 60_000

/**
 * Whose session a call is in. Asks the store each time, so that a session that was ended anywhere has ended everywhere.
 * @throws Refusal `unauthorized`: from another site, no session, ended, or its account disabled, all alike
 */
export async function enterSession(parts: Parts, { method, headers, at, address }: BrowserCall): Promise<Caller> {
  requireSameOrigin(method, headers, parts.baseUrl)
  const token = sessionToken(headers, parts.baseUrl)
  const session = token === undefined ? undefined : await parts.persons.session(sessionId(parts, token))
  const partner = session && (await partnerOf(parts, session.account))
  if (!session || !partner || !isOpen(session, partner.role, at)) {
    throw new Refusal('unauthorized', { cause: 'no session, or one that has ended' })
  }
  if (at - session.seenAt >= touchMs) {
    await parts.record.log.note([{ table: 'session', rows: [{ ...session, seenAt: at }] }], [sessionStands(session)])
  }
  const { id, credential, steppedUpAt } = session
  return callerOf(parts, partner, { id, credential, steppedUpAt }, address)
}
