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
  addUnits(units, form.root, [arrayOf(response.item)], [])
  return units
}

/** @param lists the `item` arrays that together hold the children of `parent` in this repetition */
function addUnits(units: Unit[], parent: Item, lists: readonly (readonly unknown[])[], at: readonly number[]): void {
  const present = byLinkId(lists)
  for (const item of parent.items) {
    const sources = present.get(item.linkId) ?? []
    if (isQuestion(item)) addQuestion(units, item, sources, at)
    else if (item.type === 'group' && item.repeats) {
      sources.forEach((source, repetition) => {
        addUnits(units, item, [arrayOf(source.item)], [...at, repetition])
      })
    } else if (item.type === 'group') {
      addUnits(
        units,
        item,
        sources.map(source => arrayOf(source.item)),
        at
      )
    }
  }
}

function addQuestion(units: Unit[], item: Item, sources: readonly Source[], at: readonly number[]): void {
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
  if (!item.repeats) addUnits(units, item, lists, at)
  else {
    lists.forEach((list, repetition) => {
      addUnits(units, item, [list], [...at, repetition])
    })
  }
}

function withoutItems(answer: Source): Source {
  const { item: _, ...rest } = answer
  return rest
}
