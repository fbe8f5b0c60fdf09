import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import type { Form, FormIssue, Item } from './form.ts'
import { arrayOf, isObject, type Source } from './rules/node.ts'

/**
 * Where an issue of `Form.check` stands in the plain answers of the same response, as a JSON pointer
 * (`/answers/sp.phase/1/sp.phase.measures`). An item that is missing is named too, though the response has no place for it.
 * @param root the root that the check was given
 */
export function plainPath(form: Form, response: QuestionnaireResponse, root: string, issue: FormIssue): string {
  const steps = [...issue.expression.slice(root.length).matchAll(/\.(item|answer)\[(\d+)\]/g)]
  let path = '/answers'
  let holder = response as unknown as Source
  let item: Item | undefined
  for (const [, member, digits] of steps) {
    const at = Number(digits)
    if (member === 'item') {
      // items of an answer stand beside it, see toPlain
      if (item && item.type !== 'group') path += '/items'
      const siblings = arrayOf(holder.item)
      holder = isObject(siblings[at]) ? (siblings[at] as Source) : {}
      item = typeof holder.linkId === 'string' ? form.item(holder.linkId) : undefined
      if (!item) return path
      path += `/${pointerName(item.linkId)}`
      if (item.type === 'group' && item.repeats) path += `/${repetitionOf(siblings, at)}`
    } else {
      const answer = arrayOf(holder.answer)[at]
      holder = isObject(answer) ? answer : {}
      if (item?.repeats) path += `/${at}`
    }
  }
  if (issue.linkId === undefined || issue.linkId === item?.linkId) return path
  return `${path}${item && item.type !== 'group' ? '/items' : ''}/${pointerName(issue.linkId)}`
}

const pointerName = (linkId: string): string => linkId.replaceAll('~', '~0').replaceAll('/', '~1')

/** How many items of the same linkId stand before. */
function repetitionOf(siblings: readonly unknown[], at: number): number {
  const linkIdAt = (place: number) => {
    const each = siblings[place]
    return isObject(each) ? each.linkId : undefined
  }
  let count = 0
  for (let before = 0; before < at; before++) if (linkIdAt(before) === linkIdAt(at)) count++
  return count
}
