import type { Item } from './form.ts'

type Schema = Readonly<Record<string, unknown>>

/**
 * When an item must or must not be there, as implications of the object that holds it: required-when, and enableWhen where a
 * single condition asks for a code or for an answer. Only for questions in the same object.
 */
export function conditionsOf(item: Item): readonly Schema[] {
  return [...requiredWhen(item), ...enabledWhen(item)]
}

const present = (linkId: string): Schema => ({ required: [linkId] })

const implies = (condition: Schema, consequence: Schema): Schema => ({ anyOf: [{ not: condition }, consequence] })

function sibling(item: Item, linkId: string): Item | undefined {
  return item.parent?.items.find(each => each.linkId === linkId)
}

/** That the question was answered with this plain value, or at all. */
function answered(question: Item, value: unknown): Schema {
  if (value === undefined) return present(question.linkId)
  const test = question.repeats ? { contains: { const: value } } : { const: value }
  return { properties: { [question.linkId]: test }, ...present(question.linkId) }
}

function requiredWhen(item: Item): readonly Schema[] {
  return item.requiredWhen.flatMap(({ question, code, exists }): readonly Schema[] => {
    const asked = sibling(item, question)
    if (!asked) return []
    const given = answered(asked, code)
    return [implies(exists === false ? { not: given } : given, present(item.linkId))]
  })
}

function enabledWhen(item: Item): readonly Schema[] {
  const [when, second] = item.enableWhen
  const asked = when && sibling(item, when.question)
  if (!asked || second) return []
  const given = when.operator === 'exists' ? answered(asked, undefined) : answeredCode(asked, when)
  if (!given) return []
  const isOpen = when.operator === 'exists' && when.answerBoolean === false ? { not: given } : given
  const absent = { properties: { [item.linkId]: false } }
  return [{ anyOf: [isOpen, absent] }, ...(item.required ? [implies(isOpen, present(item.linkId))] : [])]
}

function answeredCode(asked: Item, when: Item['enableWhen'][number]): Schema | undefined {
  const { code } = when.answerCoding ?? {}
  if (when.operator !== '=' || code === undefined) return undefined
  const option = asked.options.find(each => (each.value as { readonly code?: unknown } | null)?.code === code)
  return option && answered(asked, option.plain)
}
