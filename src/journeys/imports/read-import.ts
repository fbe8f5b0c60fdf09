import { Refusal } from '../../outcome/refusal.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import type { ImportedRow } from './ports.ts'

export interface ShownImport {
  readonly isDone: boolean
  readonly total: number
  /** so far, in order of the file */
  readonly rows: readonly ImportedRow[]
}

/**
 * What has come of a file so far, for the organisation that sent it.
 * @throws Refusal `not-found`
 */
export async function readImport(parts: Parts, { caller }: Asked, id: string): Promise<ShownImport> {
  const found = await parts.imports.import(id)
  if (!found || found.organization !== caller.organization) throw new Refusal('not-found')
  const rows = await parts.imports.done(id)
  return { isDone: rows.length === found.total, total: found.total, rows }
}
