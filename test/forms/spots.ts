import type { QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem } from '@medplum/fhirtypes'
import type { AnyForm } from './any-form.ts'

/** One item of a response with its item of the form and its place. */
export interface Spot {
  readonly item: QuestionnaireItem
  readonly node: QuestionnaireResponseItem
  /** the array that holds it, and its place there */
  readonly list: QuestionnaireResponseItem[]
  readonly at: number
  readonly expression: string
  /** of what holds the array: an item, an answer, or the response */
  readonly around: string
  readonly parent: QuestionnaireItem | undefined
  /** it has an answer or items: what does not apply is a bare shell */
  readonly isFilled: boolean
}

/** Every item of a response, from above. */
export function spotsOf({ questionnaire }: AnyForm, response: QuestionnaireResponse): readonly Spot[] {
  const spots: Spot[] = []
  const walk = (
    list: QuestionnaireResponseItem[],
    items: readonly QuestionnaireItem[],
    around: string,
    parent: QuestionnaireItem | undefined
  ) => {
    list.forEach((node, at) => {
      const item = items.find(each => each.linkId === node.linkId)!
      const expression = `${around}.item[${at}]`
      const isFilled = node.answer !== undefined || node.item !== undefined
      spots.push({ item, node, list, at, expression, around, parent, isFilled })
      const below = item.item ?? []
      walk(node.item ?? [], below, expression, item)
      node.answer?.forEach((answer, index) => {
        walk(answer.item ?? [], below, `${expression}.answer[${index}]`, item)
      })
    })
  }
  walk(response.item!, questionnaire.item!, 'R', undefined)
  return spots
}
