import type { Working } from '../../record/ports.ts'
import type { Parts } from '../parts.ts'

type Row = Working['outbox']

/**
 * Notes how a delivery went on, unless it went on otherwise meanwhile: a recipient may read the document, or the worker stop
 * its use, while the webhook is still on its way, and neither may be written over by what was known before.
 */
export async function noteOutbox(parts: Pick<Parts, 'record'>, row: Row, change: Partial<Row>): Promise<void> {
  const { id, state } = row
  await parts.record.log.note(
    [{ table: 'outbox', rows: [{ ...row, ...change }] }],
    [{ kind: 'unchanged', table: 'outbox', key: { id }, column: 'state', value: state }]
  )
}
