import type { Working } from '../../record/ports.ts'
import type { Guard } from '../../record/write-set.ts'
import type { Parts } from '../parts.ts'
import type { ImportedRow, WaitingRow } from './ports.ts'

/** In the order of the file also as text. */
export const rowId = (importId: string, row: number): string => `${importId}-${String(row).padStart(5, '0')}`

/** A row that is still to be written, sealed under the fresh key of its import. */
export function waitingRow(
  parts: Parts,
  place: { readonly import: string; readonly row: number; readonly key: Uint8Array; readonly at: number },
  body: Omit<WaitingRow, 'import' | 'row'>
): Working['importRow'] {
  return sealedRow(parts, { ...place, done: 0, case: '' }, body)
}

/**
 * What came of a row takes the place of what was to be written, so that no answers stay here.
 * @param written id of the case whose draft it wrote; '' if none
 */
export async function doneRow(
  parts: Parts,
  waiting: WaitingRow,
  written: string,
  body: Omit<ImportedRow, 'row'>,
  at: number
): Promise<Working['importRow']> {
  const key = await parts.record.keyring.key(waiting.import.id)
  return sealedRow(parts, { import: waiting.import.id, row: waiting.row, key, at, done: 1, case: written }, body)
}

function sealedRow(
  { record: { keyring } }: Parts,
  { key, ...row }: Omit<Working['importRow'], 'id' | 'sealed'> & { readonly key: Uint8Array },
  body: object
): Working['importRow'] {
  const id = rowId(row.import, row.row)
  return { id, ...row, sealed: keyring.seal(key, `importRow|${id}|${row.done}`, Buffer.from(JSON.stringify(body))) }
}

/** Nobody else has done the row meanwhile. */
export const stillWaiting = (waiting: WaitingRow): Guard => ({
  kind: 'unchanged',
  table: 'importRow',
  key: { id: rowId(waiting.import.id, waiting.row) },
  column: 'done',
  value: 0
})
