import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'

/** Ends the session, and with it every token that came out of it, on all gateways at once. */
export async function logout(parts: Parts, asked: Asked): Promise<void> {
  const { caller } = asked
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    gone: [{ table: 'session', key: { id: caller.session!.id } }],
    audit: [
      composer(parts, asked)('session-close', {
        organizations: [caller.organization],
        entities: [{ of: 'partner', client: caller.client }]
      })
    ]
  })
}
