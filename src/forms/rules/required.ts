import { type Item, isQuestion } from '../form.ts'
import type { Run } from './check.ts'
import { appliesBelow, decide } from './enable-when.ts'
import { expressionOf, isFilled, type List, type Node, no, yes } from './node.ts'
import { add } from './report.ts'

/**
 * What has to be there below a node and is not: rules 5, 6, 19 to 21, 23, the lower bounds of rule 51, and our own
 * required-when. Asked of the response, of each group that holds something, and of each answer of a question with
 * items of its own.
 */
export function checkRequired(run: Run, node: Node): void {
  if (node.item.type === 'group') checkGroup(run, node)
  else if (run.rules.items[node.item.index]!.demanded.length > 0) {
    for (const answer of node.answers) {
      if (!isFilled(answer, run.redacted) || answer.state === 'masked') continue
      checkList(
        run,
        node,
        answer.at,
        node.lists.find(list => list.within === answer.at)
      )
    }
  }
}

function checkGroup(run: Run, node: Node): void {
  const list = node.lists.find(each => each.within < 0) ?? node.lists[0]
  const isEmpty = !list || list.nodes.length === 0
  if (isEmpty && node.item.index !== 0) {
    // an optional group without content counts as absent (rule 21)
    if (node.item.required && node.item.items.some(child => isAskedFor(run, node, child))) {
      add(run.report, 'group-empty', expressionOf(node, run.root), node.item)
    }
    return
  }
  checkList(run, node, -1, list)
}

const isAskedFor = (run: Run, parent: Node, child: Item): boolean =>
  child.type !== 'display' && appliesBelow(run, parent, child) !== no

/** What was found of one item in one list. */
interface Found {
  readonly first: Node
  repetitions: number
  /** those that satisfy a lower bound */
  counted: number
  isFilled: boolean
}

function checkList(run: Run, parent: Node, within: number, list: List | undefined): void {
  const { demanded } = run.rules.items[parent.item.index]!
  if (demanded.length === 0) return
  const found = take(run, list)
  for (const item of demanded) {
    if (run.report.isFull) return
    if (appliesBelow(run, parent, item) !== yes) continue
    const present = found.get(item)
    const isThere = present !== undefined && (!isQuestion(item) || present.isFilled)
    const place = present
      ? expressionOf(present.first, run.root)
      : expressionOf(parent, run.root) + (within < 0 ? '' : `.answer[${within}]`)
    if (!isThere) checkAbsent(run, parent, item, place)
    else if (!isQuestion(item) && present.counted < item.min) {
      add(run.report, run.isFinal ? 'too-few' : 'too-few-in-draft', place, item, { limit: item.min })
    }
    if (present && !isQuestion(item) && present.repetitions > item.max && item.repeats) {
      add(run.report, 'too-many', place, item, { limit: item.max })
    }
  }
}

function take(run: Run, list: List | undefined): ReadonlyMap<Item, Found> {
  const found = new Map<Item, Found>()
  for (const node of list?.nodes ?? []) {
    if (!node.isInPlace || node.applies === no) continue
    let entry = found.get(node.item)
    if (!entry) {
      entry = { first: node, repetitions: 0, counted: 0, isFilled: false }
      found.set(node.item, entry)
    }
    entry.repetitions++
    if (!isVoid(run, node)) entry.counted++
    entry.isFilled ||= node.answers.some(answer => isFilled(answer, run.redacted))
  }
  return found
}

/**
 * An optional group without content counts as absent (rule 21), unless it has nothing that could be answered. Of a required
 * one rule 19 speaks.
 */
const isVoid = (run: Run, node: Node): boolean =>
  node.item.type === 'group' &&
  !node.item.required &&
  node.lists.every(({ nodes }) => nodes.length === 0) &&
  node.item.items.some(child => isAskedFor(run, node, child))

function checkAbsent(run: Run, parent: Node, item: Item, place: string): void {
  if (item.required) {
    add(run.report, run.isFinal ? 'missing' : 'missing-in-draft', place, item)
    return
  }
  for (const condition of run.rules.items[item.index]!.requiredWhen) {
    if (decide(run, condition, parent, item) !== yes) continue
    const key = run.isFinal ? 'missing-by-answer' : 'missing-by-answer-in-draft'
    add(run.report, key, place, item, { other: condition.target })
    return
  }
  if (item.min > 0) add(run.report, run.isFinal ? 'too-few' : 'too-few-in-draft', place, item, { limit: item.min })
}
