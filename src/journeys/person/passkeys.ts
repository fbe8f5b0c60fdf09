import { judgeRegistration, registrationOptions, relyingPartyOf } from '../../authenticate/passkey.ts'
import { makeChallenge } from '../../authenticate/passkey-challenge.ts'
import { requireStepUp } from '../../authenticate/session.ts'
import type { Caller } from '../../document/caller.ts'
import { isConfirmedFor } from '../../document/case.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append, appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import { sessionStands } from './new-session.ts'
import { expectChallenge, firstPasskey, passkeyRow } from './passkey-row.ts'
import type { StoredPasskey } from './ports.ts'

const most = 10
const pageSize = 100

export const listPasskeys = (parts: Parts, { caller }: Asked): Promise<readonly StoredPasskey[]> =>
  parts.persons.passkeysOf(caller.client)

/** @throws Refusal `step-up-needed`; `case-state` where the account has as many as it may */
export async function addPasskeyOptions(parts: Parts, asked: Asked): Promise<object> {
  const { caller, at } = asked
  requireStepUp(caller, at)
  const known = await parts.persons.passkeysOf(caller.client)
  if (known.length >= most) throw new Refusal('case-state', { at: ['/passkeys'] })
  const account = (await parts.persons.account(caller.client))!
  const use = { purpose: 'register', bound: caller.session!.id } as const
  return registrationOptions(relyingPartyOf(parts.baseUrl), {
    challenge: makeChallenge((...texts) => parts.record.keyring.mac(...texts), parts.random, use, at),
    handle: account.handle,
    name: account.name ?? '両立支援(本人)',
    known: known.map(({ credentialId }) => credentialId)
  })
}

/**
 * A further passkey of someone who is logged in. It logs in; but what a worker's confirmation opens, it opens only after the
 * reception has confirmed it too, since whoever holds an open screen for a moment could have made it.
 * @throws Refusal `step-up-needed`, `parameter-invalid`, `case-state`
 */
export async function addPasskey(
  parts: Parts,
  asked: Asked,
  given: { readonly response: unknown; readonly name: string }
): Promise<string> {
  const { caller, at } = asked
  requireStepUp(caller, at)
  const session = await parts.persons.session(caller.session!.id)
  if (!session) throw new Refusal('unauthorized', { cause: 'ended at this moment' })
  const { expected, once } = expectChallenge(parts, { purpose: 'register', bound: session.id }, at)
  const key = await judgeRegistration(given.response, expected)
  const known = await parts.persons.passkeysOf(caller.client)
  if (known.length >= most) throw new Refusal('case-state', { at: ['/passkeys'] })
  const id = parts.newId()
  const { keyring } = parts.record
  const row = passkeyRow(keyring, await keyring.key(caller.client), {
    ...key,
    id,
    account: caller.client,
    name: given.name,
    at
  })
  const appended = await append(parts.record, {
    guards: [once(id), firstPasskey(keyring, key, id), sessionStands(session)],
    rows: {},
    working: {
      passkey: [row],
      ...(caller.side === 'worker' && {
        notice: [
          {
            id: parts.newId(),
            organization: caller.organization,
            kind: 'passkey-added',
            case: '',
            reference: id,
            at
          }
        ]
      })
    },
    audit: [record(parts, asked, 'added')]
  })
  if ('taken' in appended) throw new Refusal('parameter-invalid', { at: ['/response'] })
  return id
}

/**
 * Removes a passkey and ends its sessions. The one of this session stays: whoever lost all others must not lock themselves out. A
 * worker's that a reception has confirmed goes only at the word of one that it confirmed too: whoever sneaked one in must not be able
 * to lock the worker out.
 * @throws Refusal `step-up-needed`, `not-found`, `case-state`
 */
export async function removePasskey(parts: Parts, asked: Asked, id: string): Promise<void> {
  const { caller, at } = asked
  requireStepUp(caller, at)
  const known = await parts.persons.passkeysOf(caller.client)
  if (!known.some(passkey => passkey.id === id)) throw new Refusal('not-found')
  if (id === caller.session!.credential || (await isAbove(parts, caller, id)))
    throw new Refusal('case-state', { at: ['/passkeys'] })
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    gone: [
      { table: 'passkey', key: { id } },
      { table: 'session', key: { credential: id } }
    ],
    audit: [record(parts, asked, 'removed')]
  })
}

/** Whether a passkey was confirmed in a case in which that of this session was not. */
async function isAbove(parts: Parts, caller: Caller, passkey: string): Promise<boolean> {
  if (caller.side !== 'worker') return false
  for (let after: string | undefined, isMore = true; isMore; ) {
    const ids = await parts.cases.ofOrganization(caller.organization, { after, limit: pageSize })
    const snapshots = await Promise.all(ids.map(id => parts.cases.byId(id)))
    const isFound = snapshots.some(
      snapshot => snapshot?.confirmedCredentials.includes(passkey) && !isConfirmedFor(snapshot, caller)
    )
    if (isFound) return true
    after = ids.at(-1)
    isMore = ids.length === pageSize
  }
  return false
}

const record = (parts: Parts, asked: Asked, reason: 'added' | 'removed') =>
  composer(parts, asked)('passkey-change', {
    reason,
    organizations: [asked.caller.organization],
    entities: [{ of: 'partner', client: asked.caller.client }]
  })
