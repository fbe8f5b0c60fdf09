import { absoluteMs, mostSessions, type StoredSession } from '../../authenticate/session.ts'
import type { ClientId } from '../../document/ids.ts'
import type { Guard, WriteSet } from '../../record/write-set.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import type { Parts } from '../parts.ts'

/** A session that a commit is about to open, and the token that opens it: nobody but the browser has that. */
export interface NewSession {
  /** 256 random bits, base64url */
  readonly token: string
  readonly row: StoredSession
}

export const sessionId = ({ record }: Pick<Parts, 'record'>, token: string): string =>
  record.keyring.mac('session', token)

/** @param absolute the session that it goes on from, whose absolute end it keeps */
export function newSession(
  parts: Pick<Parts, 'record' | 'random'>,
  facts: { readonly account: ClientId; readonly credential: string; readonly at: number },
  absolute?: Pick<StoredSession, 'startedAt' | 'expiresAt'>
): NewSession {
  const { account, credential, at } = facts
  const token = encodeBase64url(parts.random(32))
  const { startedAt, expiresAt } = absolute ?? { startedAt: at, expiresAt: at + absoluteMs }
  const row: StoredSession = {
    id: sessionId(parts, token),
    account,
    credential,
    startedAt,
    seenAt: at,
    steppedUpAt: at,
    expiresAt
  }
  return { token, row }
}

/** Sessions that make room for one more: those unused longest, beyond the number that a person may have. */
export async function surplusSessions(
  parts: Pick<Parts, 'persons'>,
  account: ClientId
): Promise<NonNullable<WriteSet['gone']>> {
  const open = await parts.persons.sessionsOf(account)
  return open.slice(0, Math.max(0, open.length - mostSessions + 1)).map(({ id }) => ({ table: 'session', key: { id } }))
}

/** Lest what ended at this moment is written anew. */
export const sessionStands = ({ id, startedAt }: StoredSession): Guard => ({
  kind: 'unchanged',
  table: 'session',
  key: { id },
  column: 'startedAt',
  value: startedAt
})
