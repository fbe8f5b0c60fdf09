import { actingFor, organizationIdOf } from '../../authenticate/acting.ts'
import type { CaseSnapshot } from '../../document/case.ts'
import { as, type CaseId } from '../../document/ids.ts'
import type { Issue } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { caseOf } from '../case/case-of.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { DepositParts } from '../document/deposit.ts'
import { writeDraft } from '../document/write-draft.ts'
import { caseColumn } from './cells.ts'
import { csvIssue } from './csv-findings.ts'
import type { WaitingRow } from './ports.ts'
import { refusalIssue } from './refusal-issue.ts'
import { doneRow, stillWaiting } from './rows.ts'

const batch = 10

/**
 * Writes the next few rows of files that were taken in, each as the employer's own `PUT` would, but only if it is whole: draft
 * and result are one commit, so that a gateway that ends midway goes on with the first row that has no result, and does none
 * twice.
 * @returns whether there may be more
 * @throws Refusal `store-unavailable`; the rows are tried again. A defect, once the row says so
 */
export async function writeRows(parts: DepositParts): Promise<boolean> {
  const rows = await parts.imports.waiting(batch)
  for (const row of rows) await writeRow(parts, row)
  return rows.length === batch
}

async function writeRow(parts: DepositParts, row: WaitingRow): Promise<void> {
  const { request, address, caller } = row.import.by
  const asked: Asked = { request, address, at: parts.now(), caller: { ...caller, scopes: new Set() } }
  let snapshot: CaseSnapshot | undefined
  try {
    const client = parts.partners.byClient(caller.client)
    const mayStill = client?.disabled === false && actingFor(client, organizationIdOf(caller.organizationIdentifier))
    if (!mayStill) throw new Refusal('unauthorized')
    if (row.issues.length > 0 && row.case === '') throw new Refusal('form-invalid', { issues: row.issues })
    snapshot = await namedCase(parts, asked, row.case)
    if (row.issues.length > 0) throw new Refusal('form-invalid', { issues: row.issues })
    if (await parts.imports.hasWritten(row.import.id, snapshot.id))
      throw new Refusal('form-invalid', { issues: [csvIssue('csv-case-double', caseColumn)] })
    await writeWhole(parts, asked, row, snapshot)
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal('defect', { cause: error })
    if (refusal.entry.retry === 'later' && refusal.key !== 'defect') throw refusal
    await refuseRow(parts, asked, row, { refusal, snapshot })
    // for the operator's log
    if (refusal.key === 'defect') throw error
  }
}

/** By number or id, as the list of cases gives them. @throws Refusal `not-found`, also for cases of others */
async function namedCase(parts: DepositParts, { caller }: Asked, name: string): Promise<CaseSnapshot> {
  const found = await parts.cases.byIdentifier(name)
  return caseOf(parts, caller, found?.id ?? as<CaseId>(name))
}

async function writeWhole(parts: DepositParts, asked: Asked, row: WaitingRow, snapshot: CaseSnapshot): Promise<void> {
  const { version } = row.import.by
  const written = { version, answers: row.answers, ambiguousNumber: undefined, seen: undefined }
  const done = await doneRow(parts, row, snapshot.id, { case: snapshot.identifier, issues: [] }, asked.at)
  const place = { case: snapshot.id, kind: 'work-information' } as const
  await writeDraft(parts, asked, place, written, { guard: stillWaiting(row), row: done })
}

/** The row keeps what is wrong with it, and the log that it was refused, as it does of a call. */
async function refuseRow(
  parts: DepositParts,
  asked: Asked,
  row: WaitingRow,
  { refusal, snapshot }: { readonly refusal: Refusal; readonly snapshot: CaseSnapshot | undefined }
): Promise<void> {
  const body = { case: snapshot?.identifier, issues: issuesOf(refusal) }
  await appendAlways(parts.record, {
    guards: [stillWaiting(row)],
    rows: {},
    working: { importRow: [await doneRow(parts, row, '', body, asked.at)] },
    audit: [
      composer(parts, asked)('refuse', {
        outcome: '4',
        reason: refusal.key,
        organizations: [row.import.organization],
        entities: []
      })
    ]
  })
}

/** of one row: all are kept for 30 days, and a column may hold hundreds of answers that are wrong alike */
const mostErrors = 20

/** A column says each thing once. */
function issuesOf(refusal: Refusal): readonly Issue[] {
  if (refusal.issues.length === 0) return [refusalIssue(refusal, refusal.key === 'defect' ? '' : caseColumn)]
  const byColumn = new Map<string, Issue>()
  for (const issue of refusal.issues) {
    if (issue.severity !== 'error' || byColumn.size === mostErrors) continue
    const expression = columnOf(issue.expression)
    byColumn.set(`${issue.rule} ${expression}`, { ...issue, expression })
  }
  return [...byColumn.values()]
}

/** The column of `/answers/wi.commute.method/1`; what is none stays. */
function columnOf(expression: string): string {
  const [, linkId] = /^\/answers\/([^/]+)/u.exec(expression) ?? []
  return linkId === undefined ? expression : linkId.replaceAll('~1', '/').replaceAll('~0', '~')
}
