import type { QuestionnaireItemEnableWhen, QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes'

/**
 * Whether one answer fulfils an enableWhen condition other than `exists`. What cannot be compared with certainty (other
 * type, other precision, quantities, times with zones) does not: the item is then withheld, never shown by mistake.
 * @see https://hl7.org/fhir/R4/valueset-questionnaire-enable-operator.html
 */
export function meets(condition: QuestionnaireItemEnableWhen, answer: QuestionnaireResponseItemAnswer): boolean {
  const { operator, answerCoding } = condition
  const given = answer.valueCoding
  if (answerCoding) {
    if (!given) return false
    const isSame = given.code === answerCoding.code && (!answerCoding.system || given.system === answerCoding.system)
    return operator === '=' ? isSame : operator === '!=' && !isSame
  }
  for (const type of ['Boolean', 'Decimal', 'Integer', 'Date', 'DateTime', 'Time', 'String'] as const) {
    const expected = condition[`answer${type}`]
    const value = answer[`value${type}`]
    if (expected === undefined || value === undefined) continue
    if (operator === '=') return value === expected
    if (operator === '!=') return value !== expected
    return type !== 'DateTime' && type !== 'String' && isOrdered(value, operator, expected)
  }
  return false
}

function isOrdered(value: unknown, operator: string, expected: unknown): boolean {
  const areNumbers = typeof value === 'number' && typeof expected === 'number'
  const areTexts = typeof value === 'string' && typeof expected === 'string' && value.length === expected.length
  if (!areNumbers && !areTexts) return false
  const [one, other] = [value, expected] as [number, number]
  if (operator === '>') return one > other
  if (operator === '<') return one < other
  return operator === '>=' ? one >= other : operator === '<=' && one <= other
}
