import { judgeRegistration, registrationOptions, relyingPartyOf } from '../../authenticate/passkey.ts'
import { makeChallenge } from '../../authenticate/passkey-challenge.ts'
import type { Caller } from '../../document/caller.ts'
import { memberOf } from '../../document/case.ts'
import { as, type CaseId, type ClientId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append } from '../../record/append.ts'
import type { Working } from '../../record/ports.ts'
import type { Guard } from '../../record/write-set.ts'
import { acceptInvitation, invitedCase } from '../case/join-case.ts'
import { codeMac } from '../case/new-case.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'
import { judgeCode } from './account-code.ts'
import { workerRows } from './account-rows.ts'
import { checkAttempts, networkCounter, noteFailure } from './attempts.ts'
import type { LoggedIn } from './login.ts'
import { newSession } from './new-session.ts'
import { expectChallenge, firstPasskey, passkeyRow } from './passkey-row.ts'
import { callerOf, partnerOf } from './person-of.ts'
import type { Account } from './ports.ts'
import type { PersonCall } from './prove.ts'

/** What a code opens: a case for a worker who has no account yet, or an account that is there and gets a (new) passkey. */
type Opened =
  | { readonly of: 'case'; readonly mac: string; readonly handle: string }
  | { readonly of: 'account'; readonly row: Working['accountCode']; readonly account: Account; readonly stands: Guard }

/** The worker is called by no name: the code came through the side that opened the case. */
const workerName = '両立支援(本人)'

/**
 * What the browser of someone with a code is asked with.
 * @throws Refusal `code-invalid`, `rate-limited`
 */
export async function registerOptions(parts: Parts, call: PersonCall, code: string): Promise<object> {
  const opened = await open(parts, call, code)
  const use = { purpose: 'register', bound: boundOf(opened) } as const
  const handle = opened.of === 'case' ? opened.handle : opened.account.handle
  return registrationOptions(relyingPartyOf(parts.baseUrl), {
    challenge: makeChallenge((...texts) => parts.record.keyring.mac(...texts), parts.random, use, call.at),
    handle,
    name: opened.of === 'case' ? workerName : (opened.account.name ?? workerName),
    known: []
  })
}

export interface Registering {
  readonly code: string
  readonly response: unknown
  /** what the person calls the passkey */
  readonly name: string
}

/**
 * Makes the passkey of someone with a code, and logs in. A worker's invitation makes the account and accepts the case in the same
 * commit, as `$accept` does. A reception's recovery code, or an operator's new invitation, leaves the account this passkey alone:
 * all others and all sessions end, and what the worker confirmed by them is not confirmed by this one.
 * @throws Refusal `code-invalid`, `rate-limited`, `parameter-invalid`
 */
export async function register(parts: Parts, call: PersonCall, registering: Registering): Promise<LoggedIn> {
  const opened = await open(parts, call, registering.code)
  const { expected, once } = expectChallenge(parts, { purpose: 'register', bound: boundOf(opened) }, call.at)
  const key = await judgeRegistration(registering.response, expected)
  const id = parts.newId()
  const { keyring } = parts.record
  const rows = (account: ClientId, accountKey: Uint8Array) => {
    const session = newSession(parts, { account, credential: id, at: call.at })
    const passkey = passkeyRow(keyring, accountKey, { ...key, id, account, name: registering.name, at: call.at })
    return {
      session,
      guards: [once(session.row.id), firstPasskey(keyring, key, id)],
      working: { passkey: [passkey], session: [session.row] }
    }
  }
  return opened.of === 'case'
    ? registerWorker(parts, call, registering.code, opened.handle, rows)
    : registerAgain(parts, call, opened, rows)
}

type RowsFor = (
  account: ClientId,
  key: Uint8Array
) => {
  readonly session: ReturnType<typeof newSession>
  readonly guards: readonly Guard[]
  readonly working: { readonly passkey: readonly Working['passkey'][]; readonly session: readonly Working['session'][] }
}

async function registerWorker(
  parts: Parts,
  call: PersonCall,
  code: string,
  handle: string,
  rowsFor: RowsFor
): Promise<LoggedIn> {
  const { organization, made } = workerRows(parts, handle, call.at)
  const { session, guards, working } = rowsFor(made.clientId, made.fresh.key)
  const caller = await callerOf(parts, made, session.row, call.address)
  await acceptInvitation(parts, asked(call, caller), code, {
    guards,
    rows: { organization: [organization], partner: [made.partner], account: [made.account] },
    working: { ...working, keyWrap: [made.fresh.wrap] },
    audit: auditOf(parts, call, caller, 'registered')
  })
  await parts.partners.refresh()
  return { caller, token: session.token }
}

async function registerAgain(
  parts: Parts,
  call: PersonCall,
  { row, account, stands }: Extract<Opened, { of: 'account' }>,
  rowsFor: RowsFor
): Promise<LoggedIn> {
  const partner = await partnerOf(parts, account.id)
  if (!partner) throw codeInvalid()
  const { session, guards, working } = rowsFor(account.id, await parts.record.keyring.key(account.id))
  const caller = await callerOf(parts, partner, session.row, call.address)
  const isRecovery = row.case !== ''
  const about = isRecovery ? await recoveredIn(parts, as<CaseId>(row.case)) : undefined
  const notice: Working['notice'] = {
    id: parts.newId(),
    organization: caller.organization,
    kind: 'recovered',
    case: row.case,
    reference: '',
    at: call.at
  }
  const key = { account: account.id }
  const appended = await append(parts.record, {
    guards: [...guards, stands],
    rows: {},
    working: { ...working, ...(isRecovery && { notice: [notice] }) },
    gone: [
      { table: 'passkey', key },
      { table: 'session', key },
      { table: 'accountCode', key }
    ],
    audit: auditOf(parts, call, caller, isRecovery ? 'recovered' : 'registered', about)
  }).catch(error => {
    // somebody used it, or tried another second half, at this very moment
    throw error instanceof Refusal && error.key === 'decision-changed' ? codeInvalid() : error
  })
  if ('taken' in appended) throw new Refusal('parameter-invalid', { at: ['/response'] })
  return { caller, token: session.token }
}

const codeInvalid = () => new Refusal('code-invalid', { at: ['/code'] })

/** The case whose reception gave the code: its hospital's auditors may know. */
async function recoveredIn(parts: Parts, id: CaseId) {
  const snapshot = (await parts.cases.byId(id))!
  return { snapshot, hospitals: snapshot.members.filter(({ side }) => side === 'hospital') }
}

function auditOf(
  parts: Parts,
  call: PersonCall,
  caller: Caller,
  reason: 'registered' | 'recovered',
  about?: Awaited<ReturnType<typeof recoveredIn>>
) {
  const compose = composer(parts, { ...call, caller })
  const { organization, client } = caller
  const facts = { organizations: [organization], entities: [{ of: 'partner', client }] } as const
  const isMember = about !== undefined && memberOf(about.snapshot, organization) !== undefined
  return [
    compose('passkey-change', {
      ...facts,
      reason,
      ...(isMember && {
        case: about.snapshot,
        organizations: [organization, ...about.hospitals.map(hospital => hospital.organization)]
      })
    }),
    compose('session-open', { ...facts, reason })
  ] as const
}

async function open(parts: Parts, { at, address }: PersonCall, code: string): Promise<Opened> {
  try {
    return await openedBy(parts, code, at)
  } catch (error) {
    if (error instanceof Refusal && error.key === 'code-invalid') {
      // the right one opens whatever others on the network tried: it cannot be guessed, and nobody shall be kept out
      const counter = networkCounter(parts, address)
      await checkAttempts(parts, counter, at)
      await noteFailure(parts, counter, at)
    }
    throw error
  }
}

async function openedBy(parts: Parts, code: string, at: number): Promise<Opened> {
  const isCase = (await parts.cases.invitation(codeMac(parts.record.keyring, code))) !== undefined
  if (isCase) {
    const { mac } = await invitedCase(parts, code, 'worker', at)
    return { of: 'case', mac, handle: parts.record.keyring.mac('user-handle', mac) }
  }
  const { row, stands } = await judgeCode(parts, code, at)
  const account = await parts.persons.account(as<ClientId>(row.account))
  if (!account) throw codeInvalid()
  return { of: 'account', row, account, stands }
}

const boundOf = (opened: Opened): string => (opened.of === 'case' ? opened.mac : opened.row.codeMac)

const asked = (call: PersonCall, caller: Caller) => ({ ...call, request: as<never>(call.request), caller })
