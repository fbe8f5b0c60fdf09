import type { AuditRecord } from '../../document/audit-record.ts'
import { type CaseSnapshot, isSamePerson, memberOf, workerOf } from '../../document/case.ts'
import { isEnded } from '../../document/case-state.ts'
import type { Identifier } from '../../document/ids.ts'
import type { Side } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append } from '../../record/append.ts'
import type { WriteSet } from '../../record/write-set.ts'
import { composer } from '../composer.ts'
import { custodyConsentRow } from '../consent/custody.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import { checkNumbers } from './check-numbers.ts'
import { codeMac, memberRow } from './new-case.ts'
import type { Opened } from './open-case.ts'

export interface JoiningOrganization {
  readonly code: string
  readonly localIdentifier: Identifier
  readonly birthDate: string
  readonly workerKana: string
}

/**
 * A hospital or employer joins by the code that the worker gave it, and must know the same person.
 * @throws Refusal `code-invalid` (unknown, used, expired and mistyped alike), `case-person-mismatch`, those of `checkNumbers`
 */
export async function joinCase(
  parts: Parts,
  asked: Asked,
  joining: JoiningOrganization
): Promise<Omit<Opened, 'invitation'>> {
  checkNumbers(joining.localIdentifier)
  return join(parts, asked, joining.code, asked.caller.side!, async snapshot => {
    const person = await parts.cases.person(snapshot.id)
    const claimed = { birthDate: joining.birthDate, kana: joining.workerKana }
    if (!isSamePerson(person, claimed)) throw new Refusal('case-person-mismatch', { at: ['birthDate', 'workerKana'] })
    return joining.localIdentifier
  })
}

/**
 * The worker takes the invitation: the account is unconfirmed, since the code came through the side that opened the case,
 * and custody is given with it (design §3).
 * @param beside what else the same commit holds: the account that the invitation makes
 * @throws Refusal `code-invalid`; `parameter-invalid` where a key of `beside` was taken
 */
export async function acceptInvitation(
  parts: Parts,
  asked: Asked,
  invitation: string,
  beside?: Beside
): Promise<Omit<Opened, 'invitation'>> {
  return join(parts, asked, invitation, 'worker', async () => undefined, beside)
}

export type Beside = Pick<WriteSet, 'guards' | 'rows' | 'working'> & { readonly audit: readonly AuditRecord[] }
const nothing: Beside = { guards: [], rows: {}, working: {}, audit: [] }

/** What the worker's invitation opens now. @throws Refusal `code-invalid` */
export async function invitedCase(
  parts: Pick<Parts, 'cases' | 'record'>,
  code: string,
  side: Side,
  at: number
): Promise<{ readonly mac: string; readonly snapshot: CaseSnapshot }> {
  const mac = codeMac(parts.record.keyring, code)
  const invitation = await parts.cases.invitation(mac)
  if (!invitation || invitation.side !== side || invitation.expiresAt <= at)
    throw new Refusal('code-invalid', { at: ['code'] })
  const snapshot = await parts.cases.byId(invitation.case)
  // an invitation ends with its case
  if (!snapshot || isEnded(snapshot.state)) throw new Refusal('code-invalid', { at: ['code'] })
  // a second worker has no place: the code is spent on nobody else
  if (side === 'worker' && workerOf(snapshot)) throw new Refusal('code-invalid', { at: ['code'] })
  return { mac, snapshot }
}

function join(
  parts: Parts,
  asked: Asked,
  code: string,
  side: Side,
  check: (snapshot: CaseSnapshot) => Promise<Identifier | undefined>,
  beside = nothing
): Promise<Omit<Opened, 'invitation'>> {
  const { caller, at } = asked
  return decideAgain(async () => {
    const { mac, snapshot } = await invitedCase(parts, code, side, at)
    // nor has the same organisation twice
    if (memberOf(snapshot, caller.organization)) throw new Refusal('code-invalid', { at: ['code'] })
    const localIdentifier = await check(snapshot)
    const { id, identifier, version } = snapshot
    const key = await parts.record.keyring.key(id)
    const { organization } = caller
    const member = memberRow(parts, key, { case: id, organization, side, localIdentifier, at })
    const custody =
      side === 'worker' ? custodyConsentRow(parts, key, { case: id, subject: member.subject, at }) : undefined
    const compose = composer(parts, asked)
    const about = {
      case: { id, identifier },
      organizations: snapshot.members.map(other => other.organization).concat(organization)
    }
    const joined = compose('case-join', { ...about, entities: [{ of: 'case', reference: `EpisodeOfCare/${id}` }] })
    const appended = await append(parts.record, {
      guards: [
        { kind: 'case-version', case: id, version, raise: true },
        { kind: 'once', scope: 'code', key: mac, value: organization, expiresAt: null },
        ...beside.guards
      ],
      rows: { member: [member], ...(custody && { consent: [custody.row] }), ...beside.rows },
      working: beside.working,
      audit: [
        joined,
        ...(custody
          ? [compose('consent-create', { ...about, entities: [{ of: 'consent', reference: `Consent/${custody.id}` }] })]
          : []),
        ...beside.audit
      ]
    })
    if ('taken' in appended) {
      if (appended.taken.scope === 'code') throw new Refusal('code-invalid', { at: ['code'] })
      throw new Refusal('parameter-invalid', { at: ['/response'] })
    }
    return { id, identifier, subject: member.subject }
  })
}
