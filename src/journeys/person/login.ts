import { assertionOptions, relyingPartyOf } from '../../authenticate/passkey.ts'
import { makeChallenge } from '../../authenticate/passkey-challenge.ts'
import type { Caller } from '../../document/caller.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append } from '../../record/append.ts'
import type { Guard, WriteSet } from '../../record/write-set.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import { type NewSession, newSession, sessionId, sessionStands, surplusSessions } from './new-session.ts'
import { callerOf } from './person-of.ts'
import { type PersonCall, type Proven, provePasskey, refusedPerson } from './prove.ts'

const anybody = { purpose: 'login', bound: '' } as const

/** What a browser that does not say who is there is asked with: any passkey for this gateway may answer. */
export function loginOptions(parts: Parts, at: number): object {
  const challenge = makeChallenge((...texts) => parts.record.keyring.mac(...texts), parts.random, anybody, at)
  return assertionOptions(relyingPartyOf(parts.baseUrl), challenge)
}

/** Someone who is in: as whom, and the token for the cookie. */
export interface LoggedIn {
  readonly caller: Caller
  readonly token: string
}

/**
 * Opens a session for the holder of a passkey: always a new one. The one whose cookie came along ends, so that no token that was in
 * the browser before means anything after.
 * @throws Refusal `unauthorized`, `rate-limited`
 */
export function login(
  parts: Parts,
  call: PersonCall,
  response: unknown,
  former: string | undefined
): Promise<LoggedIn> {
  return decideAgain(async () => {
    const proven = await provePasskey(parts, call, response, anybody)
    const { account, id: credential } = proven.passkey
    const ended = former === undefined ? [] : [{ table: 'session', key: { id: sessionId(parts, former) } } as const]
    return openSession(parts, call, proven, {
      session: newSession(parts, { account, credential, at: call.at }),
      reason: 'login',
      guards: [],
      gone: [...ended, ...(await surplusSessions(parts, account))]
    })
  })
}

/**
 * A fresh proof within a session, with any passkey of the same account: the session goes on under a new token, and the old one is
 * worth nothing from the same commit on.
 */
export function stepUp(parts: Parts, asked: Asked, response: unknown): Promise<LoggedIn> {
  return decideAgain(async () => {
    const { caller, at } = asked
    const proven = await provePasskey(parts, asked, response, { purpose: 'step-up', bound: caller.session!.id })
    const { passkey } = proven
    const before = await parts.persons.session(caller.session!.id)
    // the challenge was this session's: a passkey of somebody else is no proof of who is in it
    if (before === undefined || passkey.account !== caller.client) {
      await refusedPerson(parts, asked, proven, 'assertion')
      throw new Refusal('unauthorized', { cause: 'a passkey of somebody else' })
    }
    return openSession(parts, asked, proven, {
      session: newSession(parts, { account: passkey.account, credential: passkey.id, at }, before),
      reason: 'step-up',
      guards: [sessionStands(before)],
      gone: [{ table: 'session', key: { id: before.id } }]
    })
  })
}

async function openSession(
  parts: Parts,
  call: PersonCall,
  proven: Proven,
  opening: {
    readonly session: NewSession
    readonly reason: 'login' | 'step-up'
    readonly guards: readonly Guard[]
    readonly gone: NonNullable<WriteSet['gone']>
  }
): Promise<LoggedIn> {
  const { partner } = proven
  const { token, row } = opening.session
  const caller = await callerOf(parts, partner, row, call.address)
  const appended = await append(parts.record, {
    guards: [...proven.guards(row.id), ...opening.guards],
    rows: {},
    working: { ...proven.working, session: [row] },
    gone: opening.gone,
    audit: [
      composer(parts, { ...call, caller })('session-open', {
        reason: opening.reason,
        organizations: [partner.organization],
        entities: [{ of: 'partner', client: partner.clientId }]
      })
    ]
  })
  if (!('taken' in appended)) return { caller, token }
  await refusedPerson(parts, call, proven, 'replay')
  throw new Refusal('unauthorized', { cause: 'an answer that was used before' })
}

/** @returns what a browser in this session is asked with */
export async function stepUpOptions(parts: Parts, { caller, at }: Asked): Promise<object> {
  const use = { purpose: 'step-up', bound: caller.session!.id } as const
  const challenge = makeChallenge((...texts) => parts.record.keyring.mac(...texts), parts.random, use, at)
  const known = await parts.persons.passkeysOf(caller.client)
  return assertionOptions(
    relyingPartyOf(parts.baseUrl),
    challenge,
    known.map(({ credentialId }) => credentialId)
  )
}
