import type { Form, Item } from '../../forms/form.ts'
import type { PlainAnswers } from '../../forms/plain.ts'
import type { Issue } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { csvIssue } from './csv-findings.ts'
import { refusalIssue } from './refusal-issue.ts'

/** Names the case in a row: its number or its id, as the list of cases gives them. */
export const caseColumn = 'case'

/** What stands at each place of a row: a question of the form, or the case. */
export type Column = Item | typeof caseColumn

/** The columns that a file may have: the case, and one for each question of the form by its linkId. */
const questionsOf = (form: Form): ReadonlyMap<string, Item> =>
  new Map(form.root.items.filter(({ type }) => type !== 'display' && type !== 'group').map(item => [item.linkId, item]))

/**
 * The first line of a file. In whatever order; a form's questions may be left out.
 * @throws Refusal `invalid-csv` with the place of each column that is unknown or there twice
 */
export function columnsOf(form: Form, header: readonly string[]): readonly Column[] {
  const questions = questionsOf(form)
  const issues: Issue[] = []
  const columns = header.flatMap((name, at): Column[] => {
    const place = `row 1, column ${at + 1}`
    const column = name === caseColumn ? caseColumn : questions.get(name)
    if (column === undefined) issues.push(csvIssue('csv-column-unknown', place))
    else if (header.indexOf(name) < at) issues.push(csvIssue('csv-column-double', place))
    return column === undefined ? [] : [column]
  })
  if (!header.includes(caseColumn)) issues.push(csvIssue('csv-column-missing', caseColumn))
  if (issues.length > 0) throw new Refusal('invalid-csv', { issues: issues.slice(0, 100) })
  return columns
}

/** One row of a file as the plain answers that a draft takes (contract §10). */
export interface CsvRow {
  readonly case: string
  readonly answers: PlainAnswers
  /** `expression` is the column */
  readonly issues: readonly Issue[]
}

/** Reads one row. A value that is not of its question's type stays text, for the form to refuse by its rule. */
export function rowOf(columns: readonly Column[], cells: readonly string[]): CsvRow {
  if (cells.length !== columns.length) return { case: '', answers: {}, issues: [csvIssue('csv-cells', '')] }
  const issues: Issue[] = []
  const answers = columns.flatMap((column, at): (readonly [string, unknown])[] => {
    const cell = cells[at]!
    if (column === caseColumn || cell === '') return []
    const parts = column.repeats ? splitRepeats(cell) : [cell]
    if (parts.some(part => isAmbiguous(column, part))) {
      issues.push(refusalIssue(new Refusal('ambiguous-number'), column.linkId))
      return []
    }
    const values = parts.map(part => answerOf(column, part))
    return [[column.linkId, column.repeats ? values : values[0]]]
  })
  return { case: cells[columns.indexOf(caseColumn)]!, answers: Object.fromEntries(answers), issues }
}

/** Answers of a repeating question stand between semicolons; `\;` is one inside an answer, `\\` a backslash. */
function splitRepeats(cell: string): readonly string[] {
  const parts = ['']
  for (const [piece] of cell.matchAll(/\\[\\;]|[\s\S]/gu)) {
    if (piece === ';') parts.push('')
    else parts[parts.length - 1] += piece.length === 2 && piece[0] === '\\' ? piece[1]! : piece
  }
  return parts
}

const numeric = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u

const isNumber = ({ type }: Item, cell: string): boolean =>
  (type === 'integer' || type === 'decimal') && numeric.test(cell)

/** Digits that would not be kept, as in JSON: 8.50 would come back as 8.5. */
const isAmbiguous = (item: Item, cell: string): boolean => isNumber(item, cell) && String(Number(cell)) !== cell

const otherMark = 'other:'

function answerOf(item: Item, cell: string): unknown {
  if (isNumber(item, cell)) return Number(cell)
  if (item.type === 'boolean' && (cell === 'true' || cell === 'false')) return cell === 'true'
  if (item.type === 'open-choice' && cell.startsWith(otherMark)) return { other: cell.slice(otherMark.length) }
  return cell
}
