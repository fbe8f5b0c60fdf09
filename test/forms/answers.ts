import type { Item } from '../../src/forms/form.ts'

/** Plain answers to everything that a form asks and that applies when each choice is answered with its first option. */
export function answersFor(parent: Item): Readonly<Record<string, unknown>> {
  const asked = parent.items.filter(item => item.type !== 'display' && applies(item))
  return Object.fromEntries(asked.map(item => [item.linkId, item.repeats ? [valueFor(item)] : valueFor(item)]))
}

const first = (item: Item | undefined): string | undefined =>
  (item?.options[0]?.value as { readonly code?: string } | undefined)?.code

/** Our conditions ask for one code of a question beside the item. */
const applies = (item: Item): boolean =>
  item.enableWhen.every(when => {
    const question = item.parent?.items.find(each => each.linkId === when.question)
    return when.answerCoding?.code === first(question)
  })

function valueFor(item: Item): unknown {
  switch (item.type) {
    case 'group':
      return answersFor(item)
    case 'choice':
    case 'open-choice':
      return item.options[0]?.plain
    case 'date':
      return '2026-09-01'
    case 'time':
      return '09:00:00'
    case 'integer':
    case 'decimal':
      return 5
    default:
      return `Answer to ${item.linkId}`
  }
}
