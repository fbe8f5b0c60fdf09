import type { Item, Option } from '../form.ts'
import type { Run } from './check.ts'
import { type Answer, answerExpression, isObject, type Node } from './node.ts'
import { add } from './report.ts'
import type { AnswerRule, AnswersRule } from './rules.ts'

/**
 * A key that is the same for values that options call the same: system and code, or the literal (rules 37, 38). An
 * option of type integer or date also offers its value to a question for a decimal or dateTime (rule 43).
 */
export function sameness(key: string, value: unknown): string {
  if (typeof value === 'number') return `n ${value}`
  if (key === 'valueDateTime') return `valueDate ${String(value)}`
  if (key === 'valueQuantity' && isObject(value))
    return `q ${value.value} ${value.system ?? ''}|${value.code ?? value.unit}`
  if (key === 'valueCoding' && isObject(value)) return `c ${value.system ?? ''}\n${value.code ?? ''}`
  if (key === 'valueReference' && isObject(value)) return `r ${value.reference ?? ''}`
  return `${key} ${String(value)}`
}

const samenessOf = (answer: Answer): string => sameness(answer.key!, answer.value)
const samenessOfOption = (option: Option): string => sameness(option.key, option.value)

/** Lower-case displays and codes, to notice an option that was typed as text (rule 40). */
function wordsOf(options: readonly Option[]): ReadonlySet<string> {
  const words = options.flatMap(option => [
    option.display,
    option.english,
    isObject(option.value) ? option.value.code : option.value
  ])
  return new Set(words.filter(word => typeof word === 'string').map(alike))
}

/** A word without what does not tell words apart. */
const alike = (word: string): string => word.trim().toLowerCase()

/**
 * The names that a value set gives each code: who reads a response reads the display, and who computes reads the code.
 * Of answerOption the display does not count (rule 37): the form itself says what is shown.
 */
function namesOf(options: readonly Option[]): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    options.map(option => {
      const names = [option.display, option.english].filter(name => name !== undefined)
      return [samenessOfOption(option), new Set(names.map(alike))]
    })
  )
}

function isNamed(value: unknown, names: ReadonlySet<string> | undefined): boolean {
  if (!names || names.size === 0 || !isObject(value) || typeof value.display !== 'string') return true
  return names.has(alike(value.display))
}

/**
 * Rules 37, 38, 40 and 43, or 39 where the options come from a value set.
 * @param fromValueSet the options are the expansion of a value set
 */
export function optionRule(item: Item, fromValueSet: boolean): AnswerRule {
  const offered = new Set(item.options.map(samenessOfOption))
  const words = wordsOf(item.options)
  const isFree = item.type === 'open-choice'
  const offersText = item.options.some(option => option.key === 'valueString')
  const names = fromValueSet ? namesOf(item.options) : new Map<string, ReadonlySet<string>>()
  const codes = new Set(item.options.map(({ value }) => (isObject(value) ? value.code : value)))
  return (run, answer) => {
    const place = () => `${answerExpression(answer, run.root)}.value`
    const same = samenessOf(answer)
    if (offered.has(same)) {
      if (!isNamed(answer.value, names.get(same))) add(run.report, 'display-differs', `${place()}.display`, item)
    } else if (answer.key === 'valueString' && isFree) {
      if (words.has(alike(String(answer.value)))) add(run.report, 'option-as-text', place(), item)
    } else if (answer.key !== 'valueCoding' && fromValueSet && !offersText) {
      // the value is one of the codes, not a name; of a quantity, its unit (rule 43)
      const { key, value } = answer
      const isOfCode = key === 'valueQuantity' ? offered.has(sameness('valueCoding', value)) : codes.has(String(value))
      if (!isOfCode) add(run.report, 'code-not-in-value-set', place(), item)
    } else if (answer.key !== 'valueCoding') add(run.report, 'value-not-offered', place(), item)
    else add(run.report, fromValueSet ? 'code-not-in-value-set' : 'code-not-offered', place(), item)
  }
}

/** Rule 39 where the value set is not known here. */
export function unknownValueSetRule(item: Item): AnswerRule {
  return (run, answer) => {
    if (item.type === 'open-choice' && answer.key === 'valueString') return
    add(run.report, 'value-set-unknown', `${answerExpression(answer, run.root)}.value`, item)
  }
}

/** Rule 41: an exclusive option stands alone, of whatever type the options are. */
export function exclusiveRule(item: Item): AnswersRule {
  const exclusive = new Set(item.options.filter(option => option.exclusive).map(samenessOfOption))
  return (run: Run, node: Node) => {
    const held = node.answers.filter(answer => answer.state !== 'empty')
    if (held.length < 2) return
    for (const answer of held) {
      if (answer.state === 'value' && exclusive.has(samenessOf(answer))) {
        add(run.report, 'option-exclusive', answerExpression(answer, run.root), item)
      }
    }
  }
}
