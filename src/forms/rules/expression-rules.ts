import type { Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes'
import type { Engines, Evaluate } from '../engines.ts'
import { extensionOf } from '../extensions.ts'
import type { Item, ValueKey } from '../form.ts'
import type { Run } from './check.ts'
import { type Carried, expressionsOf, isOwnConstraint } from './expressions.ts'
import {
  type Answer,
  type Applies,
  answerExpression,
  expressionOf,
  isFilled,
  isObject,
  maybe,
  type Node,
  no,
  yes
} from './node.ts'
import { sameness } from './options.ts'
import { add } from './report.ts'
import type { AnswerRule } from './rules.ts'

/** What an element is decides how FHIRPath reads it: an item is no resource, which would name its own type. */
interface ByContext {
  readonly ofResponse: Evaluate
  readonly ofItem: Evaluate
}

const itemType = 'QuestionnaireResponse.item'

/** A variable of the form or of an item around (SDC `variable`), in the order in which they may use one another. */
interface Variable {
  readonly name: string
  readonly text: string
  readonly evaluate: ByContext
  /** undefined: on the form itself */
  readonly holder: Item | undefined
}

/** One expression, ready, with all that it may name. */
export interface Computed {
  readonly evaluate: ByContext
  /** those that it uses, each after those that it uses itself */
  readonly variables: readonly Variable[]
  readonly source: QuestionnaireItem | Questionnaire
  readonly form: Questionnaire
}

export interface Constraint extends Computed {
  readonly isError: boolean
  /** what the form says of it */
  readonly human: string
}

/** The expressions of an item or of the form, compiled. */
export interface Expressions {
  readonly enableWhen: Computed | undefined
  readonly calculated: Computed | undefined
  readonly answer: Computed | undefined
  readonly minValue: Computed | undefined
  readonly maxValue: Computed | undefined
  readonly constraints: readonly Constraint[]
  readonly variables: readonly Variable[]
}

const none: Expressions = {
  enableWhen: undefined,
  calculated: undefined,
  answer: undefined,
  minValue: undefined,
  maxValue: undefined,
  constraints: [],
  variables: []
}

/**
 * Compiles what a form or an item carries.
 * @param around variables that are known here
 * @param find an item of the form as it was written
 */
export function compileExpressions(
  holder: Questionnaire | QuestionnaireItem,
  context: {
    readonly form: Questionnaire
    readonly item: Item | undefined
    readonly around: readonly Variable[]
    readonly engines: Engines | undefined
    readonly find: (linkId: string) => QuestionnaireItem | undefined
  }
): Expressions {
  const { form, item, around, engines, find } = context
  const all = expressionsOf(holder).filter(({ kind, extension, language }) => {
    if (kind === 'variable') return language === 'text/fhirpath'
    return kind !== 'constraint' || !isOwnConstraint(extension, find)
  })
  if (all.length === 0) return around.length === 0 ? none : { ...none, variables: around }
  const compile = ({ text }: Carried): ByContext => ({
    ofResponse: engines!.fhirPath.compile(text!),
    ofItem: engines!.fhirPath.compile(text!, itemType)
  })
  const variables = [
    ...around,
    ...all
      .filter(({ kind }) => kind === 'variable')
      .map(each => ({ name: each.name ?? '', text: each.text!, evaluate: compile(each), holder: item }))
  ]
  const computed = (kind: Carried['kind']): Computed | undefined => {
    const found = all.find(each => each.kind === kind)
    return found && { evaluate: compile(found), variables: usedBy(found.text!, variables), source: holder, form }
  }
  return {
    enableWhen: computed('enableWhen'),
    calculated: computed('calculated'),
    answer: computed('answer'),
    minValue: computed('minValue'),
    maxValue: computed('maxValue'),
    variables,
    constraints: all
      .filter(({ kind }) => kind === 'constraint')
      .map(each => ({
        evaluate: compile(each),
        variables: usedBy(each.text!, variables),
        source: holder,
        form,
        isError: extensionOf(each.extension, 'severity')?.valueCode !== 'warning',
        human: extensionOf(each.extension, 'human')?.valueString ?? extensionOf(each.extension, 'key')?.valueId ?? ''
      }))
  }
}

/** `%name`, also written `%'name'` and with backquotes. */
const names = /%(?:'([^']+)'|`([^`]+)`|([A-Za-z_]\w*))/g

const namesIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(names), ([, quoted, delimited, plain]) => quoted ?? delimited ?? plain ?? '')

/** The variables that an expression uses, by itself or through others; the nearest of one name counts. */
function usedBy(text: string, variables: readonly Variable[]): readonly Variable[] {
  const wanted = new Set(namesIn(text))
  const used: Variable[] = []
  for (const variable of variables.toReversed()) {
    if (!wanted.delete(variable.name)) continue
    used.unshift(variable)
    for (const name of namesIn(variable.text)) wanted.add(name)
  }
  return used
}

/** What the expressions of one run have cost and given. */
export interface Spent {
  evaluations: number
  readonly variables: Map<Variable, Map<Node, readonly unknown[]>>
}

/** More evaluations for one response help nobody: what is left over counts as not evaluated. */
const mostEvaluations = 5_000

function evaluate(run: Run, { ofResponse, ofItem }: ByContext, node: Node, environment: Environment) {
  const { spent } = run
  if (spent.evaluations++ >= mostEvaluations) throw new RangeError('too many expressions')
  // %context is what the expression is evaluated on: said by the engine, which knows its type
  return node.parent ? ofItem(node.source, environment) : ofResponse(run.response, environment)
}

type Environment = Record<string, unknown>

/** Once for each node that holds the variable, however many expressions use it. */
function variableValue(run: Run, variable: Variable, node: Node, environment: Environment): readonly unknown[] {
  const known = run.spent.variables.get(variable) ?? new Map<Node, readonly unknown[]>()
  run.spent.variables.set(variable, known)
  const value = known.get(node) ?? evaluate(run, variable.evaluate, node, environment)
  known.set(node, value)
  return value
}

/** What an expression gives for a node; undefined where it cannot be evaluated. */
export function valuesOf(run: Run, computed: Computed, node: Node): readonly unknown[] | undefined {
  const environment: Environment = {
    ...run.environment,
    resource: run.response,
    questionnaire: computed.form,
    qitem: computed.source
  }
  try {
    for (const variable of computed.variables) {
      environment[variable.name] = variableValue(run, variable, around(node, variable.holder), environment)
    }
    return evaluate(run, computed.evaluate, node, environment)
  } catch {
    return undefined
  }
}

/** The nearest node of that item at or around a node; the response where the form itself holds the variable. */
function around(node: Node, holder: Item | undefined): Node {
  let each = node
  while (each.parent && each.item !== holder) each = each.parent
  // of an item that is not there, what holds it is looked at
  return holder && !each.parent ? node : each
}

/** FHIRPath's rule for a condition: true alone holds. */
const isTrue = (values: readonly unknown[]): boolean => values.length === 1 && values[0] === true

/** Rule 24. Of a redacted response nothing is concluded: what the expression asks for may be masked. */
export function enables(run: Run, computed: Computed, node: Node, item: Item): Applies {
  if (run.redacted) return maybe
  const values = valuesOf(run, computed, node)
  if (values) return isTrue(values) ? yes : no
  add(run.report, 'condition-not-evaluated', expressionOf(node, run.root), item)
  return maybe
}

/** Rule 52, for the form or for an item that applies. */
export function checkConstraints(run: Run, constraints: readonly Constraint[], node: Node): void {
  if (run.redacted) return
  for (const constraint of constraints) {
    const values = valuesOf(run, constraint, node)
    const place = expressionOf(node, run.root)
    const item = node.parent ? node.item : undefined
    if (!values) add(run.report, 'constraint-not-evaluated', place, item, { limit: constraint.human })
    else if (!isTrue(values)) {
      add(run.report, constraint.isError ? 'constraint' : 'constraint-warning', place, item, {
        limit: constraint.human
      })
    }
  }
}

/** Rule 55: what is computed and may not be edited is what the form computes. */
export function checkCalculated(run: Run, computed: Computed, node: Node): void {
  if (run.redacted) return
  const values = valuesOf(run, computed, node)
  const held = node.answers.filter(answer => isFilled(answer, false))
  if (!values) add(run.report, 'calculation-not-evaluated', expressionOf(node, run.root), node.item)
  else if (held.length === 0 && !run.isFinal) return
  else if (held.length !== values.length) add(run.report, 'not-calculated', expressionOf(node, run.root), node.item)
  else {
    held.forEach((answer, at) => {
      if (!isSame(answer, values[at])) {
        add(run.report, 'not-calculated', `${answerExpression(answer, run.root)}.value`, node.item)
      }
    })
  }
}

const quantityForm = /^(-?[0-9.]+) '(.*)'$/u

function isSame({ key, value }: Answer, computed: unknown): boolean {
  if (key === 'valueQuantity' && isObject(value)) {
    if (isObject(computed)) {
      return isNear(Number(value.value), Number(computed.value)) && value.code === computed.code
    }
    const [, number, code] = quantityForm.exec(String(computed)) ?? []
    return number !== undefined && isNear(Number(value.value), Number(number)) && (value.code ?? value.unit) === code
  }
  if (typeof value === 'number' && typeof computed === 'number') return isNear(value, computed)
  return sameness(key!, value) === sameness(key!, computed)
}

/** FHIRPath counts decimals to eight places; beyond that, what a double leaves open. Integers are exact. */
const isNear = (a: number, b: number): boolean =>
  Number.isInteger(a) && Number.isInteger(b)
    ? a === b
    : Math.abs(a - b) <= 1e-8 + 4 * Number.EPSILON * Math.max(Math.abs(a), Math.abs(b))

/** Rule 44 where the bound is computed; no bound where nothing comes of it. */
export function computedBoundRule(computed: Computed, rule: (bound: unknown) => AnswerRule): AnswerRule {
  return (run, answer) => {
    const values = valuesOf(run, computed, answer.node)
    if (!values) add(run.report, 'bound-not-evaluated', `${answerExpression(answer, run.root)}.value`, answer.node.item)
    else if (values.length === 1) rule(values[0])(run, answer)
  }
}

/** Rules 37 and 38 where the options are computed (SDC answerExpression). */
export function computedOptionRule(item: Item, computed: Computed): AnswerRule {
  return (run, answer) => {
    if (item.type === 'open-choice' && answer.key === 'valueString') return
    const place = `${answerExpression(answer, run.root)}.value`
    const values = valuesOf(run, computed, answer.node)
    if (!values) add(run.report, 'calculation-not-evaluated', place, item)
    else if (!values.some(each => sameness(answer.key as ValueKey, each) === sameness(answer.key!, answer.value))) {
      add(run.report, answer.key === 'valueCoding' ? 'code-not-offered' : 'value-not-offered', place, item)
    }
  }
}
