import type { QuestionnaireItem } from '@medplum/fhirtypes'
import { RE2JS } from 're2js'
import { extensionOf, extensions } from '../extensions.ts'
import type { Item } from '../form.ts'
import { textOf } from './answers.ts'
import type { Run } from './check.ts'
import { scopeOf } from './enable-when.ts'
import { computedBoundRule, type Expressions } from './expression-rules.ts'
import { compareDates, compareTimes, countCharacters, decimalPlaces } from './lexical.ts'
import { type Answer, answerExpression, isObject, no, valuePointer } from './node.ts'
import { add } from './report.ts'
import type { AnswerRule } from './rules.ts'

const valueExpression = (run: Run, answer: Answer): string => `${answerExpression(answer, run.root)}.value`

/** Order of two values of one kind; undefined where they have none, or where their precision does not tell. */
function compare(a: unknown, b: unknown, type: Item['type']): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a !== 'string' || typeof b !== 'string') return undefined
  return type === 'time' ? compareTimes(a, b) : compareDates(a, b)
}

/** A bound that is computed may be made of answers to other questions, which no text may tell. */
const computedLimit = '(計算式 / computed)'

/** Rule 44: a bound that the form states or computes. */
function boundRule(item: Item, bound: unknown, below: boolean, limit = String(bound)): AnswerRule {
  return (run, answer) => {
    const order = compare(answer.value, bound, item.type)
    if (order === undefined) add(run.report, 'not-comparable-bound', valueExpression(run, answer), item, { limit })
    else if (below && order < 0) add(run.report, 'below-minimum', valueExpression(run, answer), item, { limit })
    else if (!below && order > 0) add(run.report, 'above-maximum', valueExpression(run, answer), item, { limit })
  }
}

/** Rule 46, on the digits as they were written; of a quantity, those of its value. */
function decimalPlacesRule(item: Item, limit: number): AnswerRule {
  return (run, answer) => {
    const isQuantity = isObject(answer.value)
    const number = isObject(answer.value) ? answer.value.value : answer.value
    if (typeof number !== 'number') return
    const text = run.numberText(`${valuePointer(answer)}${isQuantity ? '/value' : ''}`) ?? String(number)
    if (decimalPlaces(text) > limit) add(run.report, 'decimal-places', valueExpression(run, answer), item, { limit })
  }
}

/** Rule 48: length in code points. */
function lengthRule(item: Item, shortest: number, longest: number): AnswerRule {
  return (run, answer) => {
    const length = countCharacters(textOf(answer) ?? '')
    if (length < shortest) add(run.report, 'too-short', valueExpression(run, answer), item, { limit: shortest })
    if (length > longest) add(run.report, 'too-long', valueExpression(run, answer), item, { limit: longest })
  }
}

/** Rule 48: the whole text matches. In linear time, whatever the pattern (RE2); what RE2 cannot express does not compile. */
function patternRule(item: Item, pattern: string, limit: string): AnswerRule {
  const compiled = RE2JS.compile(pattern)
  return (run, answer) => {
    if (!compiled.matches(String(answer.value))) {
      add(run.report, 'pattern', valueExpression(run, answer), item, { limit })
    }
  }
}

/** Rule 48: a `string` is one line, a `text` may have more. */
const lineRule: AnswerRule = (run, answer) => {
  if (/[\r\n]/.test(textOf(answer) ?? '')) {
    add(run.report, 'line-break', valueExpression(run, answer), answer.node.item)
  }
}

/** Our not-before: the date may not precede the answer to another question in the same repetition. */
export function notBeforeRule(item: Item, target: Item, scope: Item): AnswerRule {
  return (run, answer) => {
    const others = scopeOf(answer.node, scope).reached?.get(target.index)
    const other = others?.find(node => node.applies !== no)?.answers[0]
    // what is no single date is said where it stands
    if (!others || others.length > 1 || typeof other?.value !== 'string') return
    const order = compareDates(String(answer.value), other.value)
    const key = order === undefined ? 'not-comparable-other' : order < 0 ? 'before-other' : undefined
    if (key) add(run.report, key, valueExpression(run, answer), item, { other: target })
  }
}

/** The rules on values (44, 46, 48) that the item of a Questionnaire asks for. */
export function valueRules(item: Item, source: QuestionnaireItem, expressions: Expressions): readonly AnswerRule[] {
  const rules: AnswerRule[] = []
  const { minValue, maxValue } = expressions
  if (minValue) rules.push(computedBoundRule(minValue, bound => boundRule(item, bound, true, computedLimit)))
  else if (isStated(item.least)) rules.push(boundRule(item, item.least, true))
  if (maxValue) rules.push(computedBoundRule(maxValue, bound => boundRule(item, bound, false, computedLimit)))
  else if (isStated(item.most)) rules.push(boundRule(item, item.most, false))
  const places = extensionOf(source, extensions.maxDecimalPlaces)?.valueInteger
  if (places !== undefined) rules.push(decimalPlacesRule(item, places))
  if (holdsText.has(item.type)) rules.push(...textRules(item, source).map(ofText))
  return rules
}

/** A bound that is a Quantity is judged with its unit, by rule 45. */
const isStated = (bound: unknown): boolean => bound !== undefined && !isObject(bound)

const holdsText: ReadonlySet<string> = new Set(['string', 'text', 'url', 'open-choice'])

function textRules(item: Item, source: QuestionnaireItem): readonly AnswerRule[] {
  const rules: AnswerRule[] = []
  const shortest = extensionOf(source, extensions.minLength)?.valueInteger ?? 0
  const longest = source.maxLength ?? Number.POSITIVE_INFINITY
  if (shortest > 0 || longest !== Number.POSITIVE_INFINITY) rules.push(lengthRule(item, shortest, longest))
  const pattern = extensionOf(source, extensions.regex)?.valueString
  const format = extensionOf(source, extensions.entryFormat)?.valueString
  if (pattern !== undefined) rules.push(patternRule(item, pattern, format ?? pattern))
  if (item.type === 'string') rules.push(lineRule)
  return rules
}

/** A Coding of an open choice has neither length nor lines. */
const ofText =
  (rule: AnswerRule): AnswerRule =>
  (run: Run, answer: Answer) => {
    if (typeof answer.value !== 'object') rule(run, answer)
  }
