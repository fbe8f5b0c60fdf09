import { workerOf } from '../../document/case.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import type { Hidden } from './visible.ts'

/**
 * Records a denied disclosure with its reason, for worker and auditor of the discloser. The caller's own organisation is no
 * party to this record: it would tell that the document exists, and the plain refusal is recorded for it anyway.
 */
export async function recordHidden(parts: Parts, asked: Asked, hidden: Hidden): Promise<void> {
  const { snapshot, author } = hidden
  if (!snapshot || !author) return
  const worker = workerOf(snapshot)
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, asked)('decide', {
        case: snapshot,
        outcome: '4',
        reason: hidden.reason,
        organizations: [...new Set([author, ...(worker ? [worker.organization] : [])])].filter(
          other => other !== asked.caller.organization
        ),
        entities: []
      })
    ]
  })
}
