import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'

const batch = 20

/** Imports go 30 days after they came in, with their rows and their key; the drafts that they wrote stay. */
export async function dropExpired(parts: Parts): Promise<void> {
  const at = parts.now()
  for (const { id, organization, total } of await parts.imports.expired(at, batch)) {
    await appendAlways(parts.record, {
      guards: [],
      rows: {},
      working: {},
      gone: [
        { table: 'importRow', key: { import: id } },
        { table: 'import', key: { id } },
        { table: 'keyWrap', key: { id } }
      ],
      audit: [
        composer(parts, { request: parts.newId(), at })('import', {
          reason: 'expired',
          organizations: [organization],
          entities: [{ of: 'count', count: total }]
        })
      ]
    })
  }
}
