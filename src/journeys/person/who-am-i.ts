import { idleMs, stepUpEnd } from '../../authenticate/session.ts'
import type { Caller } from '../../document/caller.ts'
import { isConfirmedFor } from '../../document/case.ts'
import type { CaseId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { Working } from '../../record/ports.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'

/** What a page shows of who is logged in: times in milliseconds since 1970. */
export interface WhoAmI {
  readonly idleEnd: number
  readonly end: number
  readonly stepUpEnd: number
  /** a worker's cases, and whether the passkey of this session was confirmed in each; empty for others */
  readonly cases: readonly { readonly id: CaseId; readonly isConfirmed: boolean }[]
  /** what happened without this person, and was not marked as seen */
  readonly notices: readonly Working['notice'][]
}

const casesShown = 100
const noticesShown = 50

export async function whoAmI(parts: Parts, { caller }: Pick<Asked, 'caller'>): Promise<WhoAmI> {
  const session = await parts.persons.session(caller.session!.id)
  if (!session) throw new Refusal('unauthorized', { cause: 'ended at this moment' })
  const times = {
    idleEnd: session.seenAt + idleMs(caller.clientRole),
    end: session.expiresAt,
    stepUpEnd: stepUpEnd(session)
  }
  if (caller.side !== 'worker') return { ...times, cases: [], notices: [] }
  const ids = await parts.cases.ofOrganization(caller.organization, { after: undefined, limit: casesShown })
  const snapshots = await Promise.all(ids.map(id => parts.cases.byId(id)))
  return {
    ...times,
    cases: snapshots.flatMap(each => (each ? { id: each.id, isConfirmed: isConfirmedFor(each, caller) } : [])),
    notices: await parts.persons.notices(caller.organization, noticesShown)
  }
}

/** Whether this session began after that moment, by a passkey that was there before or that a reception confirmed. */
async function knewBefore(parts: Parts, caller: Caller, at: number): Promise<boolean> {
  const session = await parts.persons.session(caller.session!.id)
  if (!session || session.startedAt <= at) return false
  const passkeys = await parts.persons.passkeysOf(caller.client)
  if (passkeys.some(passkey => passkey.id === session.credential && passkey.at < at)) return true
  const { cases } = await whoAmI(parts, { caller })
  return cases.some(({ isConfirmed }) => isConfirmed)
}

/**
 * Marks a notice as seen; one of somebody else, or none, changes nothing. One that tells of a new passkey is not marked in the session
 * that it was made in, nor by that passkey before a reception confirmed it: whoever sneaked it in must not hide it from the worker.
 * @throws Refusal `case-state`
 */
export async function noticeSeen(parts: Parts, { caller }: Asked, id: string): Promise<void> {
  const notices = await parts.persons.notices(caller.organization, noticesShown)
  const notice = notices.find(each => each.id === id)
  if (!notice) return
  if (notice.kind !== 'paper-consent' && !(await knewBefore(parts, caller, notice.at)))
    throw new Refusal('case-state', { at: ['/notices'] })
  const key = { id, organization: caller.organization }
  await parts.record.log.note([], [], [{ table: 'notice', key }])
}
