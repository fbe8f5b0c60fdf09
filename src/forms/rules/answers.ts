import type { Item, ValueKey } from '../form.ts'
import { fitOf, keysOf, typeName } from './answer-types.ts'
import type { Run } from './check.ts'
import { type Answer, answerExpression, type Node } from './node.ts'
import { add } from './report.ts'
import type { AnswerRule } from './rules.ts'

/** Judges the answers of one question: each by itself, then all together. */
export function checkAnswers(run: Run, node: Node): void {
  const rules = run.rules.items[node.item.index]!
  for (const answer of node.answers) {
    if (answer.state === 'value') for (const rule of rules.answer) rule(run, answer)
    else if (answer.state === 'several') {
      add(run.report, 'several-values', answerExpression(answer, run.root), node.item)
    }
  }
  for (const rule of rules.answers) rule(run, node)
}

const optionTypes: ReadonlySet<ValueKey> = new Set([
  'valueCoding',
  'valueDate',
  'valueTime',
  'valueInteger',
  'valueString',
  'valueReference'
])

/**
 * Rule 35 first, the others only for a value of its type: what is no number has no minimum.
 * @param others rules that may rely on the type
 */
export function typeRule(item: Item, others: readonly AnswerRule[]): AnswerRule {
  const keys = new Set(keysOf(item))
  const limit = [...keys].map(typeName).join(' / ') || '(none)'
  const isOffered = item.options.length > 0 && (item.type === 'choice' || item.type === 'open-choice')
  return (run, answer) => {
    const key = answer.key!
    const place = () => `${answerExpression(answer, run.root)}.value`
    if (!keys.has(key)) {
      // a type that an option might have had, and none has (rule 38)
      const finding = isOffered && optionTypes.has(key) ? 'value-not-offered' : 'wrong-type'
      add(run.report, finding, place(), item, { limit })
      return
    }
    const fit = fitOf(key, answer.value)
    if (fit !== 'fits') add(run.report, fit, place(), item, { limit: typeName(key) })
    else for (const rule of others) rule(run, answer)
  }
}

/** The upper bound of rule 51 for the answers of a question; its lower bound where there are some answers. */
export function countRule(item: Item) {
  return (run: Run, node: Node): void => {
    const held = node.answers.filter(answer => answer.state !== 'empty')
    if (held.length > item.max) {
      add(run.report, 'too-many', answerExpression(held[item.max]!, run.root), item, { limit: item.max })
    } else if (held.length > 0 && held.length < item.min) {
      const key = run.isFinal ? 'too-few' : 'too-few-in-draft'
      add(run.report, key, answerExpression(held[0]!, run.root), item, { limit: item.min })
    }
  }
}

/** The value of an answer as text, where it is text. */
export const textOf = (answer: Answer): string | undefined =>
  typeof answer.value === 'string' ? answer.value : undefined
