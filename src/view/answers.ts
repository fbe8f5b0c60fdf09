import type { QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes'
import type { UnitPlace } from '../document/unit.ts'
import type { ViewItem } from './form.ts'

/** A question in one repetition of each repeating group around it, with what was answered there. */
export interface Question extends UnitPlace {
  readonly kind: 'question'
  readonly item: ViewItem
  readonly parent: Group
  /** values alone, without ids, extensions or items; empty where nothing was answered */
  readonly answers: readonly QuestionnaireResponseItemAnswer[]
}

/** One repetition of a group; the form itself is the outermost group. */
export interface Group {
  readonly kind: 'group'
  readonly item: ViewItem | undefined
  readonly items: readonly ViewItem[]
  readonly at: readonly number[]
  readonly parent: Group | undefined
  /** in form order */
  readonly children: readonly Node[]
}

export type Node = Question | Group

/**
 * Lays the answers of an original out along its view form. What the view form does not have is not looked at, so it
 * cannot get any further.
 */
export function layOut(items: readonly ViewItem[], response: readonly QuestionnaireResponseItem[] | undefined): Group {
  return groupOf(undefined, items, response, [], undefined)
}

function groupOf(
  item: ViewItem | undefined,
  items: readonly ViewItem[],
  response: readonly QuestionnaireResponseItem[] | undefined,
  at: readonly number[],
  parent: Group | undefined
): Group {
  const children: Node[] = []
  const group: Group = { kind: 'group', item, items, at, parent, children }
  for (const each of items) {
    const given = (response ?? []).filter(({ linkId }) => linkId === each.linkId)
    if (each.type !== 'group') {
      const answers = given.flatMap(({ answer = [] }) => answer.flatMap(bareAnswer))
      children.push({ kind: 'question', linkId: each.linkId, at, item: each, parent: group, answers })
      continue
    }
    given.forEach((one, index) => {
      children.push(groupOf(each, each.items, one.item, each.repeats ? [...at, index] : at, group))
    })
  }
  return group
}

const primitives = [
  'valueBoolean',
  'valueDecimal',
  'valueInteger',
  'valueDate',
  'valueDateTime',
  'valueTime',
  'valueString',
  'valueUri'
] as const

/**
 * The bare value of an answer. Attachments and references are left out: a file cannot be withheld in part, and a
 * reference points into the original.
 */
function bareAnswer(answer: QuestionnaireResponseItemAnswer): readonly QuestionnaireResponseItemAnswer[] {
  for (const name of primitives) {
    if (answer[name] !== undefined) return [{ [name]: answer[name] }]
  }
  if (answer.valueCoding) return [{ valueCoding: pick(answer.valueCoding, ['system', 'version', 'code', 'display']) }]
  const quantity = ['value', 'comparator', 'unit', 'system', 'code'] as const
  return answer.valueQuantity ? [{ valueQuantity: pick(answer.valueQuantity, quantity) }] : []
}

function pick<Value extends object, Name extends keyof Value>(value: Value, names: readonly Name[]): Pick<Value, Name> {
  const entries = names.filter(name => value[name] !== undefined).map(name => [name, value[name]])
  return Object.fromEntries(entries) as Pick<Value, Name>
}

/** All questions of a group and of the groups in it. */
export function questionsIn(group: Group): readonly Question[] {
  return group.children.flatMap(child => (child.kind === 'question' ? [child] : questionsIn(child)))
}

/** All groups in a group. */
export function groupsIn(group: Group): readonly Group[] {
  return group.children.flatMap(child => (child.kind === 'group' ? [child, ...groupsIn(child)] : []))
}

/**
 * The places that a condition of this node speaks of: those of the question within the innermost group around both
 * (rule 25 of the form rules), so that a repetition looks at itself.
 */
export function sourcesOf(node: Node, linkId: string): readonly Question[] {
  let around = node.parent
  while (around?.parent && !has(around.items, linkId)) around = around.parent
  return around ? questionsIn(around).filter(each => each.linkId === linkId) : []
}

const has = (items: readonly ViewItem[], linkId: string): boolean =>
  items.some(each => each.linkId === linkId || has(each.items, linkId))
