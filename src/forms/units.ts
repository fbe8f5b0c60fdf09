import type { QuestionnaireResponse, QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes'
import type { Unit } from '../document/unit.ts'
import { type Form, hasQuestions, type Item, isQuestion } from './form.ts'
import { byLinkId } from './rules/by-link-id.ts'
import { arrayOf, isObject, type Source } from './rules/node.ts'

/**
 * The units of a response in form order, answered or not (contract §6.6): one for each question in each repetition of the
 * repeating groups around it. A group that is absent has none of its repetitions and so no units below it.
 *
 * A question with questions of its own gives its answers without them, since they are units themselves; if it repeats,
 * `at` also counts its answers, so that a place stays unique.
 * @throws TypeError if the form has no disclosure classes
 */
export function unitsOf(form: Form, response: QuestionnaireResponse): readonly Unit[] {
  const units: Unit[] = []
  addUnits(units, form.root, [arrayOf(response.item)], [], noPadding)
  return units
}

/**
 * The same with room for repetitions that are not there (undefined), so that their number tells no more than a multiple of six:
 * where something repeats it takes the places of 6, 12, … repetitions, of 6 also where there is none.
 * @throws TypeError if the form has no disclosure classes
 */
export function slotsOf(form: Form, response: QuestionnaireResponse): readonly (Unit | undefined)[] {
  const slots: (Unit | undefined)[] = []
  addUnits(slots, form.root, [arrayOf(response.item)], [], (item, repetitions) => {
    const missing = paddedTo(repetitions) - repetitions
    for (let i = missing * sizeOf(item); i > 0; i--) slots.push(undefined)
  })
  return slots
}

/** Called after the repetitions of an item that may repeat. */
type Padding = (item: Item, repetitions: number) => void
const noPadding: Padding = () => undefined

const step = 6
const paddedTo = (repetitions: number): number => Math.max(1, Math.ceil(repetitions / step)) * step

/** Places of what stands in one repetition of an item. */
function sizeOf({ items }: Item): number {
  return items.reduce((size, item) => {
    const own = isQuestion(item) ? 1 : 0
    if (item.type === 'display' || (isQuestion(item) && !hasQuestions(item))) return size + own
    return size + own + sizeOf(item) * (item.repeats ? step : 1)
  }, 0)
}

/** @param lists the `item` arrays that together hold the children of `parent` in this repetition */
function addUnits(
  units: (Unit | undefined)[],
  parent: Item,
  lists: readonly (readonly unknown[])[],
  at: readonly number[],
  pad: Padding
): void {
  const present = byLinkId(lists)
  for (const item of parent.items) {
    const sources = present.get(item.linkId) ?? []
    if (isQuestion(item)) addQuestion(units, item, sources, at, pad)
    else if (item.type === 'group' && item.repeats) {
      sources.forEach((source, repetition) => {
        addUnits(units, item, [arrayOf(source.item)], [...at, repetition], pad)
      })
      pad(item, sources.length)
    } else if (item.type === 'group') {
      addUnits(
        units,
        item,
        sources.map(source => arrayOf(source.item)),
        at,
        pad
      )
    }
  }
}

function addQuestion(
  units: (Unit | undefined)[],
  item: Item,
  sources: readonly Source[],
  at: readonly number[],
  pad: Padding
): void {
  if (item.class === undefined) throw new TypeError(`${item.linkId} has no disclosure class`)
  const answers = sources.flatMap(source => arrayOf(source.answer)).filter(isObject)
  const hasOwn = hasQuestions(item)
  units.push({
    linkId: item.linkId,
    at,
    class: item.class,
    answers: (hasOwn ? answers.map(withoutItems) : answers) as unknown as readonly QuestionnaireResponseItemAnswer[]
  })
  if (!hasOwn) return
  const lists = answers.map(answer => arrayOf(answer.item))
  if (!item.repeats) addUnits(units, item, lists, at, pad)
  else {
    lists.forEach((list, repetition) => {
      addUnits(units, item, [list], [...at, repetition], pad)
    })
    pad(item, lists.length)
  }
}

function withoutItems(answer: Source): Source {
  const { item: _, ...rest } = answer
  return rest
}
