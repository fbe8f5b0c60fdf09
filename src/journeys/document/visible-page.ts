import type { Caller } from '../../document/caller.ts'
import type { CaseId } from '../../document/ids.ts'
import type { KindCode } from '../../document/kind.ts'
import type { Parts } from '../parts.ts'
import type { Finding, Page } from '../ports.ts'
import { type Visible, visibleTo } from './visible.ts'

export interface Wanted {
  readonly case: CaseId | undefined
  readonly kind: KindCode | undefined
  readonly status: 'current' | 'superseded' | undefined
}

/**
 * One page of what this reader sees, oldest first. What is hidden is passed over without a trace: it neither shortens a page
 * nor makes one more, or its length would tell what the worker took back.
 * @returns `next`: the last target of the page, where there is more to see behind it
 */
export async function visiblePage(
  parts: Parts,
  { caller, at }: { readonly caller: Caller; readonly at: number },
  wanted: Wanted,
  { after, limit }: Page
): Promise<{ shown: readonly Visible[]; next: string | undefined }> {
  const shown: Visible[] = []
  let last: string | undefined
  for await (const target of targets(parts, caller, wanted, { after, limit: limit + 1 })) {
    const visible = await visibleTo(parts, caller, target, at)
    if (visible.as === 'hidden' || (wanted.status !== undefined && statusOf(visible) !== wanted.status)) continue
    if (shown.length === limit) return { shown, next: last }
    shown.push(visible)
    last = target
  }
  return { shown, next: undefined }
}

/** The reader's findings in their order, read in steps. */
async function* targets(
  { documents }: Pick<Parts, 'documents'>,
  caller: Caller,
  wanted: Wanted,
  { after, limit }: Page
): AsyncGenerator<string> {
  const filter = { ...(wanted.case && { case: wanted.case }), ...(wanted.kind && { kind: wanted.kind }) }
  for (let from = after; ; ) {
    const found = await Promise.all(
      readersOf(caller).map(reader => documents.findings(reader, filter, { after: from, limit }))
    )
    const step = found.flat().sort(byTarget).slice(0, limit)
    for (const { target } of step) yield target
    if (step.length < limit) return
    from = step.at(-1)!.target
  }
}

/** Originals are found by the party, derived documents by party and purpose. */
const readersOf = ({ party, purpose }: Caller): readonly string[] =>
  purpose === undefined ? [party] : [party, `${party}/${purpose}`]

const byTarget = (one: Finding, other: Finding): number => (one.target < other.target ? -1 : 1)

const statusOf = (visible: Visible): 'current' | 'superseded' =>
  visible.as !== 'recipient' && visible.document.replacedBy !== undefined ? 'superseded' : 'current'
