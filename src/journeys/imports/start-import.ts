import { createHash } from 'node:crypto'
import { kinds } from '../../document/kinds.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append } from '../../record/append.ts'
import type { Working } from '../../record/ports.ts'
import { CsvTextError, readCsv } from '../../standards/csv.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import { type CsvRow, columnsOf, rowOf } from './cells.ts'
import { type CsvFindingKey, csvIssue } from './csv-findings.ts'
import { inTurns } from './in-turns.ts'
import type { ImportedBy } from './ports.ts'
import { waitingRow } from './rows.ts'

const mostRows = 1000
const keptMs = 30 * 24 * 3_600_000

export interface ImportFile {
  readonly bytes: Uint8Array
  /** of the form; undefined: the newest */
  readonly version: string | undefined
  readonly idempotencyKey: string | undefined
}

/**
 * Takes in a file of work information for many workers: the file and who sent it are stored, sealed, in one commit; its rows
 * become drafts afterwards, one commit each (`write-rows.ts`). The same key with the same file is the same import.
 * @returns its id
 * @throws Refusal `invalid-csv` with each place, `form-version-unknown`
 */
export async function startImport(parts: Parts, asked: Asked, file: ImportFile): Promise<string> {
  const { caller, at, request, address } = asked
  const version = file.version ?? kinds['work-information'].versions.at(-1)!
  const rows = await rowsOf(parts, version, file.bytes)
  const id = parts.randomId()
  const { keyring } = parts.record
  const { key, wrap } = keyring.freshCaseKey(id)
  const { scopes: _, ...known } = caller
  const by: ImportedBy = { request, address, caller: known, version }
  const stored: Working['import'] = {
    id,
    organization: caller.organization,
    total: rows.length,
    sealed: keyring.seal(key, `import|${id}`, Buffer.from(JSON.stringify(by))),
    expiresAt: at + keptMs,
    at
  }
  const result = await append(parts.record, {
    guards: onceOnly(parts, asked, file, id),
    rows: {},
    working: {
      keyWrap: [wrap],
      import: [stored],
      importRow: await inTurns(rows, ({ row, ...body }) => waitingRow(parts, { import: id, row, key, at }, body))
    },
    audit: [
      composer(parts, asked)('import', {
        reason: 'import-work-information',
        organizations: [caller.organization],
        entities: [{ of: 'count', count: rows.length }]
      })
    ]
  })
  if ('taken' in result) {
    if (await parts.imports.import(result.taken.value)) return result.taken.value
    // that import is gone with its results: what is sent now is a new one, and its repeats are for the kept answers
    return startImport(parts, asked, { ...file, idempotencyKey: undefined })
  }
  parts.wake()
  return id
}

type NumberedRow = CsvRow & { readonly row: number }

async function rowsOf(parts: Parts, version: string, bytes: Uint8Array): Promise<readonly NumberedRow[]> {
  const form = parts.forms.byKind('work-information', version)
  if (!form) throw new Refusal('form-version-unknown', { at: ['version'] })
  const [header = [], ...records] = await recordsOf(bytes)
  const columns = columnsOf(form, header)
  const read = await inTurns(records, (cells, at): NumberedRow[] =>
    // lines that a spreadsheet leaves at its end
    cells.every(cell => cell === '') ? [] : [{ row: at + 2, ...rowOf(columns, cells) }]
  )
  const rows = read.flat()
  if (rows.length === 0) throw invalid('csv-rows', 'row 2')
  return rows
}

async function recordsOf(bytes: Uint8Array): Promise<readonly (readonly string[])[]> {
  try {
    return await readCsv(bytes, { records: mostRows + 1 })
  } catch (error) {
    if (!(error instanceof CsvTextError)) throw error
    const key = ({ 'not-utf-8': 'csv-encoding', quote: 'csv-quotes', 'too-many-records': 'csv-rows' } as const)[
      error.fault
    ]
    throw invalid(key, error.fault === 'too-many-records' ? `row ${error.line}` : `line ${error.line}`)
  }
}

const invalid = (key: CsvFindingKey, place: string) => new Refusal('invalid-csv', { issues: [csvIssue(key, place)] })

/** In the commit itself, since a gateway may end between the commit and the keeping of its answer. */
function onceOnly(
  { record }: Parts,
  { caller, at }: Asked,
  { bytes, version, idempotencyKey }: ImportFile,
  id: string
) {
  if (idempotencyKey === undefined) return []
  const digest = createHash('sha256').update(bytes).digest('base64url')
  const key = record.keyring.mac('import', caller.organization, caller.party, idempotencyKey, version ?? '', digest)
  return [{ kind: 'once', scope: 'import', key, value: id, expiresAt: at + keptMs } as const]
}
