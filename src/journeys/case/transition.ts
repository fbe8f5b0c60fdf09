import { nextCaseState } from '../../document/case-state.ts'
import type { CaseId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import { ownCaseOf } from './case-of.ts'

export const transitions = ['requested', 'closed', 'withdrawn'] as const
export type Transition = (typeof transitions)[number]

/** The few states that a call sets; only the worker withdraws. All others follow from documents and consents. */
export async function transition(parts: Parts, asked: Asked, id: CaseId, to: Transition): Promise<void> {
  // before the case is looked up, or the answer would tell whether it exists
  if (to === 'withdrawn' && asked.caller.side !== 'worker') throw new Refusal('role-not-allowed')
  await decideAgain(async () => {
    const snapshot = await ownCaseOf(parts, asked.caller, id)
    const state = nextCaseState(snapshot.state, { kind: 'set', to })
    if (state === undefined) throw new Refusal('case-state', { at: ['to'] })
    const version = snapshot.version + 1
    await appendAlways(parts.record, {
      guards: [{ kind: 'case-version', case: id, version: snapshot.version, raise: true }],
      rows: { caseEvent: [{ case: id, version, state, cause: 'case-transition', at: asked.at }] },
      working: {},
      audit: [
        composer(parts, asked)('case-transition', {
          case: snapshot,
          organizations: snapshot.members.map(member => member.organization),
          entities: [{ of: 'case', reference: `EpisodeOfCare/${id}` }]
        })
      ]
    })
  })
}
