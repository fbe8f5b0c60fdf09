import type { Item } from '../form.ts'
import type { Run } from './check.ts'
import { answerExpression, arrayOf, expressionOf, isObject, type List, makeNode, type Node, no } from './node.ts'
import { add } from './report.ts'

/**
 * Ties the items below `node` to the form and goes on below them: linkIds (rules 9, 10), level (11), order (12),
 * repetition (13, 14). What the form does not know is not looked into.
 */
export function collect(run: Run, node: Node): void {
  const known = run.nodes[node.item.index]
  if (known) known.push(node)
  else run.nodes[node.item.index] = [node]
  run.rules.items[node.item.index]!.reach?.(node)
  if (node.item.type === 'display') return
  const lists: List[] = []
  if (node.source.item !== undefined) lists.push(collectList(run, node, -1, arrayOf(node.source.item)))
  // answers without items get no list: what is required below them is asked for all the same
  arrayOf(node.source.answer).forEach((answer, within) => {
    if (isObject(answer) && answer.item !== undefined) {
      lists.push(collectList(run, node, within, arrayOf(answer.item)))
    }
  })
  node.lists = lists
}

function collectList(run: Run, parent: Node, within: number, sources: readonly unknown[]): List {
  const nodes: Node[] = []
  const seen = new Set<Item>()
  let furthest = -1
  for (let at = 0; at < sources.length && !run.report.isFull; at++) {
    const source = sources[at]
    // no object: the check of structure says so
    if (!isObject(source)) continue
    const item = typeof source.linkId === 'string' ? run.items(source.linkId) : undefined
    const isInPlace = item?.parent === parent.item
    if (item) {
      const node = makeNode(item, source, { parent, within, at, isInPlace })
      nodes.push(node)
      if (!isInPlace) add(run.report, 'wrong-place', expressionOf(node, run.root), item)
      else if (item.position < furthest) add(run.report, 'out-of-order', expressionOf(node, run.root), item)
      else furthest = item.position
      if (isInPlace && seen.has(item)) checkRepetition(run, node)
      seen.add(item)
      collect(run, node)
    } else {
      const step = within < 0 ? `.item[${at}]` : `.answer[${within}].item[${at}]`
      const key = typeof source.linkId === 'string' ? 'link-id-unknown' : 'link-id-missing'
      add(run.report, key, expressionOf(parent, run.root) + step, undefined)
    }
  }
  return { within, nodes }
}

/** A second item of one linkId: right for a repeating group, which is many items; a repeating question is one (rule 14). */
function checkRepetition(run: Run, node: Node): void {
  if (node.item.type === 'group' && node.item.repeats) return
  const isRepeatingQuestion = node.item.type !== 'group' && node.item.repeats
  add(run.report, isRepeatingQuestion ? 'answers-apart' : 'item-repeated', expressionOf(node, run.root), node.item)
}

/**
 * What may hold what: rules 15 to 18, and nothing inside an item that does not apply (rule 22).
 * @returns false where the content is not to be judged any further
 */
export function checkNesting(run: Run, node: Node): boolean {
  const { item, source } = node
  if (item.index === 0) return true
  if (node.applies === no) {
    if (arrayOf(source.answer).length > 0 || arrayOf(source.item).length > 0) {
      add(run.report, 'not-enabled', expressionOf(node, run.root), item)
    }
    return false
  }
  if (source.text !== undefined && !run.rules.items[item.index]!.isText(source.text)) {
    add(run.report, 'text-differs', `${expressionOf(node, run.root)}.text`, item)
  }
  if (item.type === 'display') {
    if (source.answer !== undefined || source.item !== undefined) {
      add(run.report, 'display-answered', expressionOf(node, run.root), item)
    }
    return false
  }
  if (item.type === 'group') {
    if (source.answer !== undefined) add(run.report, 'group-answered', expressionOf(node, run.root), item)
    return true
  }
  if (source.item !== undefined) add(run.report, 'items-beside-answer', expressionOf(node, run.root), item)
  if (node.answers.length > 1 && !item.repeats) {
    const second = node.answers.filter(answer => answer.state !== 'empty')[1]
    if (second) add(run.report, 'answers-many', answerExpression(second, run.root), item)
  }
  return true
}
