import type {
  Questionnaire,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer
} from '@medplum/fhirtypes'
import type { DisclosureClass } from '../document/disclosure-class.ts'
import type { UnitPlace } from '../document/unit.ts'
import { type Group, groupsIn, layOut, type Node, type Question, questionsIn, sourcesOf } from './answers.ts'
import { type ViewItem, viewItems } from './form.ts'
import { mask } from './mask.ts'
import { meets } from './meets.ts'

/** How the recipient meets a unit that is withheld: a mask, or nothing at all. */
export interface Withheld {
  readonly place: UnitPlace
  readonly as: 'marked' | 'silent'
}

export interface Narrowed {
  /** items of the view's response, in form order with the texts of the view form */
  readonly items: readonly QuestionnaireResponseItem[]
  /** the answered units that are shown: what is disclosed, in truth */
  readonly shown: readonly ShownUnit[]
  /** whether anything is masked */
  readonly isMasked: boolean
}

export interface ShownUnit extends UnitPlace {
  readonly class: DisclosureClass | undefined
  readonly answers: readonly QuestionnaireResponseItemAnswer[]
}

type Look = 'shown' | 'masked'

/**
 * Narrows a response to what its recipient may see on this view form. Shown is what the view form has and was released;
 * whatever nobody decided about is withheld silently. Beyond that
 * - a question that depends on a withheld one (enableWhen) is absent, even its mask, since it would tell the answer;
 * - what the form requires is masked even where silence was wished: the form itself would tell (design §3, Views);
 * - repetitions of a group of which nothing is shown are left out, so that their number is not told either.
 */
export function narrow(
  response: QuestionnaireResponse,
  viewForm: Questionnaire,
  released: readonly UnitPlace[],
  withheld: readonly Withheld[]
): Narrowed {
  const root = layOut(viewItems(viewForm.item), response.item)
  const isReleased = placesOf(released)
  const isMarked = placesOf(withheld.filter(each => each.as === 'marked').map(each => each.place))
  const unexplained = unexplainedIn(root, isReleased)
  const answered = questionsIn(root).filter(each => each.answers.length > 0 && !isInside(each, unexplained))
  const looks = new Map<Question, Look>()
  for (const each of answered) {
    if (isReleased(each)) looks.set(each, 'shown')
    else if (isMarked(each)) looks.set(each, 'masked')
  }
  const kept = maskRequired(root, answered, looks)
  return {
    items: itemsOf(root, looks, kept),
    shown: answered
      .filter(each => looks.get(each) === 'shown')
      .map(({ linkId, at, item, answers }) => ({ linkId, at, class: item.class, answers })),
    isMasked: [...looks].some(([each, look]) => look === 'masked' && kept.has(each.parent))
  }
}

type IsPlace = (place: UnitPlace) => boolean

/** A place named without its repetitions stands for all of them: consents speak of questions, not of repetitions. */
function placesOf(places: readonly UnitPlace[]): IsPlace {
  const key = (linkId: string, at: readonly number[]) => JSON.stringify([linkId, ...at])
  const keys = new Set(places.map(({ linkId, at }) => key(linkId, at)))
  return ({ linkId, at }) => [...at, 0].some((_, length) => keys.has(key(linkId, at.slice(0, length))))
}

/**
 * Questions and groups whose enableWhen is not fulfilled by what is released: they would tell what is not. Each one
 * found may leave others unexplained, so it is looked for until none is found.
 */
function unexplainedIn(root: Group, isReleased: IsPlace): ReadonlySet<Node> {
  const unexplained = new Set<Node>()
  const dependants = [...questionsIn(root), ...groupsIn(root)].filter(({ item }) => item?.enableWhen.length)
  const isOpen = (source: Question) => isReleased(source) && !isInside(source, unexplained)
  for (;;) {
    const found = dependants.filter(each => !unexplained.has(each) && !isExplained(each, isOpen))
    if (found.length === 0) return unexplained
    for (const each of found) unexplained.add(each)
  }
}

function isExplained(node: Node, isOpen: (source: Question) => boolean): boolean {
  const { enableWhen = [], enableBehavior = 'all' } = node.item ?? {}
  const holds = enableWhen.map(condition => {
    const sources = sourcesOf(node, condition.question)
    const open = sources.filter(isOpen)
    if (condition.operator !== 'exists') return open.some(({ answers }) => answers.some(each => meets(condition, each)))
    if (condition.answerBoolean) return open.some(({ answers }) => answers.length > 0)
    return sources.length > 0 && open.length === sources.length && open.every(({ answers }) => answers.length === 0)
  })
  return enableBehavior === 'any' ? holds.includes(true) : !holds.includes(false)
}

const isInside = (node: Node, nodes: ReadonlySet<Node>): boolean =>
  nodes.has(node) || (node.parent !== undefined && isInside(node.parent, nodes))

/** Masks what the form requires where it would be missing. A mask may require another, so until none is missing. */
function maskRequired(root: Group, answered: readonly Question[], looks: Map<Question, Look>): ReadonlySet<Group> {
  for (;;) {
    const kept = keptGroups(root, answered, looks)
    const hidden = answered.filter(each => !looks.has(each))
    const missing = hidden.filter(each => kept.has(each.parent) && isRequired(each, looks))
    if (missing.length === 0) missing.push(...firstOfEmpty(kept, looks, hidden))
    if (missing.length === 0) return kept
    for (const each of missing) looks.set(each, 'masked')
  }
}

/** A required group may not be empty: where all in it is optional and silent, one mask has to stand there. */
function firstOfEmpty(
  kept: ReadonlySet<Group>,
  looks: ReadonlyMap<Question, Look>,
  hidden: readonly Question[]
): readonly Question[] {
  const empty = [...kept].filter(each => each.item && !questionsIn(each).some(question => looks.has(question)))
  return empty.flatMap(group => hidden.find(each => isInside(each, new Set([group]))) ?? [])
}

function isRequired(question: Question, looks: ReadonlyMap<Question, Look>): boolean {
  const { required, requiredWhen } = question.item
  if (required) return true
  return requiredWhen.some(({ question: linkId, code }) =>
    sourcesOf(question, linkId).some(source => {
      if (code === undefined) return looks.has(source)
      return looks.get(source) === 'shown' && source.answers.some(({ valueCoding }) => valueCoding?.code === code)
    })
  )
}

/** Groups that appear: those that show or mask something, and those that the form requires. */
function keptGroups(
  root: Group,
  answered: readonly Question[],
  looks: ReadonlyMap<Question, Look>
): ReadonlySet<Group> {
  const showing = around(answered.filter(each => looks.get(each) === 'shown'))
  const masking = around(answered.filter(each => looks.get(each) === 'masked'))
  const holding = around(answered)
  const appearing = (item: ViewItem, instances: readonly Group[]): readonly Group[] => {
    const shown = instances.filter(each => showing.has(each))
    if (shown.length > 0) return shown
    // One repetition stands for all of them.
    const first =
      instances.find(each => masking.has(each)) ?? instances.find(each => item.required && holding.has(each))
    return first ? [first] : []
  }
  const kept = new Set<Group>()
  const keep = (group: Group) => {
    kept.add(group)
    for (const item of group.items) {
      const instances = group.children.filter(child => child.kind === 'group' && child.item === item) as Group[]
      for (const each of appearing(item, instances)) keep(each)
    }
  }
  keep(root)
  return kept
}

/** All groups around these questions. */
function around(questions: readonly Question[]): ReadonlySet<Group> {
  const groups = new Set<Group>()
  for (const { parent } of questions) {
    for (let group: Group | undefined = parent; group && !groups.has(group); group = group.parent) groups.add(group)
  }
  return groups
}

function itemsOf(
  group: Group,
  looks: ReadonlyMap<Question, Look>,
  kept: ReadonlySet<Group>
): readonly QuestionnaireResponseItem[] {
  return group.children.flatMap((child): readonly QuestionnaireResponseItem[] => {
    if (child.kind === 'group') {
      const items = kept.has(child) ? itemsOf(child, looks, kept) : []
      return child.item && items.length > 0 ? [{ ...headOf(child.item), item: [...items] }] : []
    }
    const look = looks.get(child)
    if (!look) return []
    return [{ ...headOf(child.item), answer: look === 'shown' ? [...child.answers] : [mask(child.item.type)] }]
  })
}

const headOf = ({ linkId, text }: ViewItem) => (text === undefined ? { linkId } : { linkId, text })
