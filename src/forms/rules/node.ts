import { extensions } from '../extensions.ts'
import type { Item, ValueKey } from '../form.ts'

/** An object of the response as it came: nothing is believed about its members. */
export type Source = Readonly<Record<string, unknown>>

/** Whether an item applies. Ordered, so that AND is the least and OR the greatest of several (Kleene). */
export const no = 0
/** A masked answer decides, and we may not know it. */
export const maybe = 1
export const yes = 2
export type Applies = typeof no | typeof maybe | typeof yes

/** One entry of `item.answer`. */
export interface Answer {
  readonly node: Node
  /** place in `answer`, from 0 */
  readonly at: number
  readonly state: 'value' | 'masked' | 'empty' | 'several'
  /** undefined unless there is a value */
  readonly key: ValueKey | undefined
  readonly value: unknown
}

/** The items of one `item` array: directly below a node, or below one of its answers. */
export interface List {
  /** which answer of the node; -1 for `item.item` */
  readonly within: number
  readonly nodes: readonly Node[]
}

/** One item of the response, tied to its item of the form. The response itself is the node of the form's root. */
export interface Node {
  readonly item: Item
  readonly source: Source
  readonly parent: Node | undefined
  /** which answer of the parent holds it; -1 if none does */
  readonly within: number
  /** place in the array that holds it */
  readonly at: number
  /** false where the form has it elsewhere (rule 11) */
  readonly isInPlace: boolean
  readonly answers: readonly Answer[]
  lists: readonly List[]
  applies: Applies
  /** answers below this node that conditions ask for, by index of their item */
  reached: Map<number, Node[]> | undefined
  /** conditions already decided for this node, by index of the condition */
  decided: Map<number, Applies> | undefined
}

const nothing: readonly never[] = []

export const isObject = (value: unknown): value is Source =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The array, or an empty one: that a member is no array is for the check of structure to say. */
export const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : nothing)

/** FHIRPath of a node. Built only when something is to be said of it. */
export function expressionOf(node: Node, root: string): string {
  const steps: string[] = []
  for (let each = node; each.parent; each = each.parent) {
    steps.push(each.within < 0 ? `.item[${each.at}]` : `.answer[${each.within}].item[${each.at}]`)
  }
  return root + steps.reverse().join('')
}

export const answerExpression = (answer: Answer, root: string): string =>
  `${expressionOf(answer.node, root)}.answer[${answer.at}]`

/** JSON pointer from the response to an answer's value. */
export const valuePointer = (answer: Answer): string =>
  `${answerExpression(answer, '').replaceAll('.', '/').replaceAll('[', '/').replaceAll(']', '')}/${answer.key}`

/** True for an element that holds nothing but data-absent-reason = masked. */
export function isMasked(element: unknown): boolean {
  if (!isObject(element)) return false
  return arrayOf(element.extension).some(
    each => isObject(each) && each.url === extensions.dataAbsentReason && each.valueCode === 'masked'
  )
}

/** Blank text says nothing: it does not satisfy `required`. */
const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === ''

/** True where the answer satisfies `required` (rule 36: an answer without a value does not). */
export const isFilled = (answer: Answer, redacted: boolean): boolean =>
  answer.state === 'masked' ? redacted : answer.state !== 'empty' && !isBlank(answer.value)

function answerOf(node: Node, at: number, source: Source): Answer {
  let key: ValueKey | undefined
  let several = false
  let masked = false
  for (const name in source) {
    if (name.startsWith('value')) {
      several = key !== undefined
      key = name as ValueKey
    } else if (name.startsWith('_value')) masked ||= isMasked(source[name])
  }
  if (several) return { node, at, state: 'several', key, value: undefined }
  if (key === undefined) return { node, at, state: masked ? 'masked' : 'empty', key, value: undefined }
  const value = source[key]
  if (isObject(value) && Object.keys(value).length === 1 && isMasked(value))
    return { node, at, state: 'masked', key, value }
  return { node, at, state: 'value', key, value }
}

/** Ties one item of the response to its item of the form. */
export function makeNode(
  item: Item,
  source: Source,
  place: {
    readonly parent: Node | undefined
    readonly within: number
    readonly at: number
    readonly isInPlace: boolean
  }
): Node {
  const node: Node = {
    item,
    source,
    parent: place.parent,
    within: place.within,
    at: place.at,
    isInPlace: place.isInPlace,
    answers: [],
    lists: nothing,
    applies: yes,
    reached: undefined,
    decided: undefined
  }
  const answers = node.answers as Answer[]
  const sources = arrayOf(source.answer)
  for (let at_ = 0; at_ < sources.length; at_++) {
    const each = sources[at_]
    if (isObject(each)) answers.push(answerOf(node, at_, each))
  }
  return node
}
