import type { QuestionnaireItemEnableWhen } from '@medplum/fhirtypes'
import type { Ucum } from '../engines.ts'
import type { Item } from '../form.ts'
import { compareDates, compareTimes } from './lexical.ts'
import { type Answer, isObject, type Source } from './node.ts'
import { compareQuantities } from './quantities.ts'
import type { Condition, Gate } from './rules.ts'

type Operator = QuestionnaireItemEnableWhen['operator']
type Accepts = NonNullable<Condition['accepts']>

/** What an operator makes of an order; undefined (precision does not tell) satisfies none. */
function satisfies(operator: Operator, order: number | undefined): boolean {
  if (order === undefined) return false
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '>':
      return order > 0
    case '<':
      return order < 0
    case '>=':
      return order >= 0
    case '<=':
      return order <= 0
    case 'exists':
      return true
  }
}

const equality = (operator: Operator, equal: boolean): boolean | undefined =>
  operator === '=' ? equal : operator === '!=' ? !equal : undefined

/** Rule 29: the system counts only where the form names one, the display never. Free text equals no code. */
function acceptsCoding(operator: Operator, expected: Source): Accepts {
  return answer => {
    if (answer.key === 'valueString') return equality(operator, false)
    if (answer.key !== 'valueCoding' || !isObject(answer.value)) return undefined
    const { system, code } = answer.value
    return equality(operator, code === expected.code && (expected.system === undefined || system === expected.system))
  }
}

/** Rule 30: by value where the units are the same, converted where both are UCUM; HL7's validator ignores the units. */
function acceptsQuantity(operator: Operator, expected: Source, ucum: Ucum | undefined): Accepts {
  return ({ key, value }) => {
    if (key !== 'valueQuantity' || !isObject(value)) return undefined
    const order = compareQuantities(value, expected, ucum)
    return order === undefined ? undefined : satisfies(operator, order)
  }
}

const isNumeric = (key: string | undefined): boolean => key === 'valueDecimal' || key === 'valueInteger'
const isDated = (key: string | undefined): boolean => key === 'valueDate' || key === 'valueDateTime'

function acceptsPrimitive(operator: Operator, member: string, expected: unknown): Accepts {
  const key = member.replace('answer', 'value')
  if (typeof expected === 'number') {
    return answer =>
      isNumeric(answer.key) && typeof answer.value === 'number'
        ? satisfies(operator, answer.value - expected)
        : undefined
  }
  const text = String(expected)
  if (isDated(key)) {
    return answer =>
      isDated(answer.key) && typeof answer.value === 'string'
        ? satisfies(operator, compareDates(answer.value, text))
        : undefined
  }
  if (key === 'valueTime') {
    return answer =>
      answer.key === key && typeof answer.value === 'string'
        ? satisfies(operator, compareTimes(answer.value, text))
        : undefined
  }
  if (key === 'valueString') {
    return answer =>
      answer.key === 'valueString' || answer.key === 'valueUri'
        ? satisfies(operator, String(answer.value) === text ? 0 : String(answer.value) < text ? -1 : 1)
        : undefined
  }
  return answer => (answer.key === key ? equality(operator, answer.value === expected) : undefined)
}

/** `answer[x]` of a condition; undefined where it has none. */
export function answerOf(when: object): { readonly member: string; readonly value: unknown } | undefined {
  for (const [member, value] of Object.entries(when)) if (member.startsWith('answer')) return { member, value }
  return undefined
}

/**
 * The test that an answer has to pass (rules 26 to 31). It answers undefined where answer and expectation do not
 * compare, which is an error of the response and not a plain no (rule 28).
 */
function acceptsOf(when: QuestionnaireItemEnableWhen, ucum: Ucum | undefined): Accepts {
  const { member, value } = answerOf(when)!
  if (member === 'answerCoding') return acceptsCoding(when.operator, value as Source)
  if (member === 'answerQuantity') return acceptsQuantity(when.operator, value as Source, ucum)
  if (member === 'answerReference') {
    const expected = (value as Source).reference
    return ({ key, value: given }) =>
      key === 'valueReference' && isObject(given) ? equality(when.operator, given.reference === expected) : undefined
  }
  return acceptsPrimitive(when.operator, member, value)
}

/** The nearest group around both items; at worst the form (rule 25). */
export function commonGroup(a: Item, b: Item): Item {
  const around = new Set<Item>()
  for (let each: Item | undefined = a; each; each = each.parent) around.add(each)
  let common: Item = b
  while (!(common.type === 'group' && around.has(common)) && common.parent) common = common.parent
  return common
}

/** Makes conditions and numbers them through the whole form. */
export interface ConditionMaker {
  readonly enableWhen: (item: Item) => Gate | undefined
  readonly requiredWhen: (item: Item) => readonly Condition[]
}

/** @param ucum converts what a condition on a quantity compares; without it units have to be the same */
export function conditionMaker(find: (linkId: string) => Item | undefined, ucum?: Ucum): ConditionMaker {
  let count = 0
  const condition = (item: Item, question: string, accepts: Accepts | undefined, expected: boolean): Condition => {
    const target = find(question)!
    return { index: count++, target, scope: commonGroup(item, target), accepts, expected }
  }
  return {
    enableWhen: item => {
      const conditions = item.enableWhen.map(when =>
        when.operator === 'exists'
          ? condition(item, when.question, undefined, when.answerBoolean ?? true)
          : condition(item, when.question, acceptsOf(when, ucum), true)
      )
      return conditions.length === 0 ? undefined : { conditions, all: item.enableBehavior === 'all' }
    },
    requiredWhen: item =>
      item.requiredWhen.map(({ question, code, exists }) =>
        code === undefined
          ? condition(item, question, undefined, exists ?? true)
          : condition(item, question, hasCode(code), true)
      )
  }
}

const hasCode =
  (code: string): Accepts =>
  (answer: Answer) =>
    answer.key === 'valueCoding' && isObject(answer.value) ? answer.value.code === code : false
