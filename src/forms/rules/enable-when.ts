import type { Item } from '../form.ts'
import type { Run } from './check.ts'
import { type Computed, enables } from './expression-rules.ts'
import { type Applies, answerExpression, isFilled, maybe, type Node, no, yes } from './node.ts'
import { add } from './report.ts'
import type { Condition, Gate } from './rules.ts'

/**
 * Settles for every node whether it applies (rules 22 to 34). The compiler has put the items into an order in which each
 * comes after those it depends on, so that one pass is enough and an answer inside an item that does not apply enables
 * nothing (rule 34). An expression sees the response as it was sent and so depends on no verdict: it is evaluated where
 * the item stands in the order, on the item itself, and only if what is around it applies.
 */
export function settleConditions(run: Run): void {
  for (const item of run.rules.conditional) {
    const expression = run.rules.items[item.index]!.gate?.expression
    for (const node of run.nodes[item.index] ?? []) {
      if (!node.parent) node.applies = yes
      else if (!expression || node.parent.applies === no) node.applies = appliesBelow(run, node.parent, item)
      else node.applies = Math.min(node.parent.applies, enables(run, expression, node, item)) as Applies
    }
  }
}

/** Whether `item` applies below `parent`, be it there or not. */
export function appliesBelow(run: Run, parent: Node, item: Item): Applies {
  const rules = run.rules.items[item.index]!
  if (!rules.isConditional || parent.applies === no || !rules.gate) return parent.applies
  const { expression } = rules.gate
  const opened = expression ? opensBelow(run, expression, parent, item) : opens(run, rules.gate, parent, item)
  return Math.min(parent.applies, opened) as Applies
}

/** The verdict on the first that is there, settled before; else the expression is evaluated on `parent`, once. */
function opensBelow(run: Run, expression: Computed, parent: Node, item: Item): Applies {
  const key = -1 - item.index
  const known = parent.decided?.get(key)
  if (known !== undefined) return known
  const verdict = nodeBelow(parent, item)?.applies ?? enables(run, expression, parent, item)
  parent.decided ??= new Map()
  parent.decided.set(key, verdict)
  return verdict
}

/** The first node of that item below `parent`. */
function nodeBelow(parent: Node, item: Item): Node | undefined {
  for (const list of parent.lists) for (const node of list.nodes) if (node.item === item) return node
  return undefined
}

function opens(run: Run, gate: Gate, from: Node, item: Item): Applies {
  let verdict: Applies = gate.all ? yes : no
  for (const condition of gate.conditions) {
    const holds = decide(run, condition, from, item)
    verdict = (gate.all ? Math.min(verdict, holds) : Math.max(verdict, holds)) as Applies
  }
  return verdict
}

/** The repetition of the condition's group that holds `from`; the whole response where an item is out of its place. */
export function scopeOf(from: Node, scope: Item): Node {
  let node = from
  while (node.parent && node.item !== scope) node = node.parent
  return node
}

/**
 * Whether a condition holds for what lies below `from`. Decided once for each repetition of its group: many items that
 * ask for many answers must not cost their product.
 * @param item whose condition it is, to name it
 */
export function decide(run: Run, condition: Condition, from: Node, item: Item): Applies {
  const scope = scopeOf(from, condition.scope)
  const known = scope.decided?.get(condition.index)
  if (known !== undefined) return known
  const verdict = evaluate(run, condition, scope, item)
  scope.decided ??= new Map()
  scope.decided.set(condition.index, verdict)
  return verdict
}

function evaluate(run: Run, condition: Condition, scope: Node, item: Item): Applies {
  const { accepts, expected } = condition
  let verdict: Applies = no
  for (const node of scope.reached?.get(condition.target.index) ?? []) {
    if (node.applies === no) continue
    for (const answer of node.answers) {
      if (!isFilled(answer, run.redacted)) continue
      // a masked answer exists, but what it says is not for us to guess
      const holds: boolean | undefined = accepts && answer.state === 'value' ? accepts(answer) : !accepts
      if (holds === undefined) {
        // undecided: that one error is not to make others
        add(run.report, 'not-comparable-condition', answerExpression(answer, run.root), item)
        verdict = Math.max(verdict, maybe) as Applies
      } else if (holds) {
        verdict = Math.max(verdict, node.applies) as Applies
      } else if (answer.state === 'masked') verdict = Math.max(verdict, maybe) as Applies
    }
  }
  if (accepts || expected) return verdict
  return (yes - verdict) as Applies
}
