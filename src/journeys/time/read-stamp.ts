import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { recordHidden } from '../document/record-hidden.ts'
import { visibleTo } from '../document/visible.ts'
import type { Parts } from '../parts.ts'
import type { StoredStamp } from './ports.ts'

/**
 * The time-stamp over a document's signature, for those who may read the original: to anybody else it would be something computed
 * over it (design §3).
 * @throws Refusal `not-found`
 */
export async function readStamp(parts: Parts, asked: Asked, id: string): Promise<StoredStamp> {
  const stamp = await parts.proofs.stamp(id)
  if (!stamp) throw new Refusal('not-found')
  const visible = await visibleTo(parts, asked.caller, stamp.document, asked.at)
  if (visible.as === 'hidden') {
    await recordHidden(parts, asked, visible)
    throw new Refusal('not-found')
  }
  const { snapshot } = visible
  await appendAlways(parts.record, {
    guards: [{ kind: 'case-version', case: snapshot.id, version: snapshot.version, raise: false }],
    rows: {},
    working: {},
    audit: [
      composer(parts, asked)('document-search', {
        case: snapshot,
        organizations: [asked.caller.organization],
        entities: [{ of: 'query', raw: `Binary/${id}` }]
      })
    ]
  })
  return stamp
}
