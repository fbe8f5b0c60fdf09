import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import type { Working } from '../../record/ports.ts'
import type { Guard } from '../../record/write-set.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Draft } from '../ports.ts'
import type { DepositParts } from './deposit.ts'
import {
  afterDraft,
  type DraftPlace,
  draftAt,
  draftRow,
  freshRevision,
  organizationsOf,
  requireSeen,
  unchanged
} from './draft.ts'
import { type ShownDraft, showDraft } from './read-draft.ts'

export interface WrittenDraft extends Pick<Draft, 'version' | 'answers'> {
  /** JSON pointer of the first number whose digits would not be kept */
  readonly ambiguousNumber: string | undefined
  /** revision that the writer has seen; undefined: whatever is there */
  readonly seen: number | undefined
}

/** A draft that comes with others out of one file. */
export interface Imported {
  /** the row is still to be written */
  readonly guard: Guard
  /** the row as written, in the commit of the draft */
  readonly row: Working['importRow']
}

/**
 * An employer writes a draft, as incomplete as it may be; whatever was confirmed before counts no more.
 * @param imported then it must be whole: nobody looks at it at once, to put it right
 * @throws Refusal `not-found`, `precondition-failed`, `form-version-unknown`, `ambiguous-number`, `case-state`; `form-invalid`
 * where it is imported
 */
export async function writeDraft(
  parts: DepositParts,
  asked: Asked,
  place: DraftPlace,
  written: WrittenDraft,
  imported?: Imported
): Promise<ShownDraft> {
  const { caller, at } = asked
  const { version, answers } = written
  return decideAgain(async () => {
    const { snapshot, draft: before } = await draftAt(parts, caller, place)
    requireSeen(before, written.seen)
    if (!parts.forms.byKind(place.kind, version)) throw new Refusal('form-version-unknown', { at: ['/version'] })
    if (written.ambiguousNumber !== undefined) throw new Refusal('ambiguous-number', { at: [written.ambiguousNumber] })
    const draft: Draft = {
      revision: freshRevision(parts),
      version,
      answers,
      identifier: parts.randomId(),
      organization: caller.organization,
      party: caller.party,
      confirmed: {}
    }
    const shown = showDraft(parts, snapshot, place.kind, draft, at)
    if (imported && shown.issues.some(({ severity }) => severity === 'error'))
      throw new Refusal('form-invalid', { issues: shown.issues })
    const moved = afterDraft(snapshot, place.kind, at)
    await appendAlways(parts.record, {
      guards: [moved.guard, unchanged(place, before), ...(imported ? [imported.guard] : [])],
      rows: moved.rows,
      working: {
        draft: [await draftRow(parts, place, draft, at)],
        ...(imported && { importRow: [imported.row] })
      },
      audit: [
        composer(parts, asked)('case-transition', {
          case: snapshot,
          reason: `draft-${place.kind}`,
          organizations: organizationsOf(snapshot, draft),
          entities: [{ of: 'case', reference: `EpisodeOfCare/${snapshot.id}` }]
        })
      ]
    })
    return shown
  })
}
