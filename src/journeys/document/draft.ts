import type { Caller } from '../../document/caller.ts'
import { type CaseSnapshot, workerOf } from '../../document/case.ts'
import { nextCaseState } from '../../document/case-state.ts'
import type { CaseId } from '../../document/ids.ts'
import type { KindCode } from '../../document/kind.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { Working } from '../../record/ports.ts'
import type { Guard } from '../../record/write-set.ts'
import { caseOf } from '../case/case-of.ts'
import type { Parts } from '../parts.ts'
import type { Draft, DraftSide } from '../ports.ts'

/** Kinds that an employer may write as a draft here, since its platform may have no keys of its own. */
export type DraftKind = Extract<KindCode, 'work-information' | 'support-plan'>

export type DraftState = 'draft' | 'confirmed-by-employer' | 'confirmed'

export interface DraftPlace {
  readonly case: CaseId
  readonly kind: DraftKind
}

/**
 * The case and its draft, for the worker and for the employer that wrote it.
 * @throws Refusal `not-found`, also for another employer of the same case
 */
export async function draftAt(
  parts: Pick<Parts, 'cases'>,
  caller: Caller,
  { case: id, kind }: DraftPlace
): Promise<{ snapshot: CaseSnapshot; draft: Draft | undefined }> {
  const snapshot = await caseOf(parts, caller, id)
  const draft = await parts.cases.draft(id, kind)
  const isOthers = draft !== undefined && caller.side !== 'worker' && draft.organization !== caller.organization
  if (isOthers) throw new Refusal('not-found')
  return { snapshot, draft }
}

/** Nobody confirms, or writes over, what they have not seen. @throws Refusal `precondition-failed` */
export function requireSeen(draft: Draft | undefined, seen: number | undefined): void {
  if (seen !== undefined && draft?.revision !== seen) throw new Refusal('precondition-failed')
}

export const confirmedBy = ({ confirmed }: Draft): DraftSide[] =>
  (['employer', 'worker'] as const).filter(side => confirmed[side] !== undefined)

/** Between the two confirmations the worker's alone does not show in the state, only in `confirmedBy`. */
export const draftState = ({ confirmed }: Draft): DraftState => (confirmed.employer ? 'confirmed-by-employer' : 'draft')

/** A number that no earlier draft had, so that one that was removed and begun anew never looks unchanged. */
export const freshRevision = (parts: Pick<Parts, 'random'>): number =>
  Buffer.from(parts.random(4)).readUInt32BE() % 0x7fffffff || 1

/** The draft sealed under the key of its case. */
export async function draftRow(
  parts: Parts,
  { case: id, kind }: DraftPlace,
  { revision, ...body }: Draft,
  at: number
): Promise<Working['draft']> {
  const { keyring } = parts.record
  const sealed = keyring.seal(await keyring.key(id), `draft|${id}|${kind}`, Buffer.from(JSON.stringify(body)))
  return { case: id, kind, sealed, revision, at }
}

/** The draft is still the one that was read; without one, that there is still none. */
export const unchanged = ({ case: id, kind }: DraftPlace, draft: Draft | undefined): Guard => ({
  kind: 'unchanged',
  table: 'draft',
  key: { case: id, kind },
  column: 'revision',
  value: draft?.revision ?? 0
})

/** Where the case stands once there is a draft. @throws Refusal `case-state` where it has ended */
export function afterDraft(snapshot: CaseSnapshot, kind: DraftKind, at: number) {
  const state = nextCaseState(snapshot.state, { kind: 'draft', of: kind })
  if (state === undefined) throw new Refusal('case-state')
  const { id, version } = snapshot
  const isMoved = state !== snapshot.state
  const guard: Guard = { kind: 'case-version', case: id, version, raise: isMoved }
  const rows = isMoved
    ? { caseEvent: [{ case: id, version: version + 1, state, cause: 'case-transition' as const, at }] }
    : {}
  return { guard, rows }
}

/** Whose auditors may read what is recorded about a draft. */
export const organizationsOf = (snapshot: CaseSnapshot, draft: Pick<Draft, 'organization'>) => {
  const worker = workerOf(snapshot)
  return worker ? [draft.organization, worker.organization] : [draft.organization]
}
