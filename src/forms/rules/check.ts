import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import type { CheckOptions, Form, FormIssue, Item } from '../form.ts'
import { checkAnswers } from './answers.ts'
import { settleConditions } from './enable-when.ts'
import { checkCalculated, checkConstraints, type Spent } from './expression-rules.ts'
import { isObject, makeNode, type Node, no, type Source } from './node.ts'
import { newReport, type Report } from './report.ts'
import { checkRequired } from './required.ts'
import type { FormRules } from './rules.ts'
import { checkNesting, collect } from './structure.ts'

/** One run over one response: what every group of rules gets to see. */
export interface Run {
  readonly items: (linkId: string) => Item | undefined
  readonly rules: FormRules
  readonly report: Report
  readonly root: string
  readonly redacted: boolean
  /** completed or amended: what is required must be there */
  readonly isFinal: boolean
  readonly numberText: (pointer: string) => string | undefined
  /** as it came, for expressions */
  readonly response: unknown
  /** constants that expressions may name besides their own */
  readonly environment: Readonly<Record<string, unknown>>
  /** what expressions have cost and given so far */
  readonly spent: Spent
  /** every node that was found, by index of its item */
  readonly nodes: (Node[] | undefined)[]
}

const notWritten = () => undefined

/**
 * Judges a response against a compiled form, in three passes over the response: tie each item to its item of the form
 * (rules 9-14), settle what applies (rules 22-34), judge each item that does (rules 5-8, 15-21, 35-51).
 */
export function check(
  form: Pick<Form, 'root' | 'item'>,
  rules: FormRules,
  response: QuestionnaireResponse,
  options: CheckOptions
): readonly FormIssue[] {
  // rule 7: what was entered in error is not to be corrected
  if (!isObject(response) || response.status === 'entered-in-error') return []
  const run: Run = {
    items: form.item,
    rules,
    report: newReport(),
    root: options.root,
    redacted: options.redacted ?? false,
    isFinal: response.status === 'completed' || response.status === 'amended',
    numberText: options.numberText ?? notWritten,
    response,
    environment: options.environment ?? {},
    spent: { evaluations: 0, variables: new Map() },
    nodes: new Array(rules.size)
  }
  const root = makeNode(form.root, response as unknown as Source, {
    parent: undefined,
    within: -1,
    at: 0,
    isInPlace: true
  })
  collect(run, root)
  settleConditions(run)
  judge(run, root)
  return run.report.issues
}

function judge(run: Run, node: Node): void {
  if (run.report.isFull) return
  if (!checkNesting(run, node)) return
  if (node.applies === no) return
  checkAnswers(run, node)
  checkRequired(run, node)
  const { constraints, calculated } = run.rules.items[node.item.index]!
  if (constraints.length > 0) checkConstraints(run, constraints, node)
  if (calculated) checkCalculated(run, calculated, node)
  for (const list of node.lists) for (const child of list.nodes) judge(run, child)
}
