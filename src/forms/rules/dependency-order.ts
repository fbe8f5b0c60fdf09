/** Anything that stands in a tree. */
interface Placed<Self> {
  readonly parent: Self | undefined
}

/** An item with the items whose answers its conditions ask for. */
export interface Dependent<Item> {
  readonly item: Item
  readonly isGated: boolean
  readonly after: readonly Item[]
}

/**
 * The items that may not apply (a condition on them or around them), each after its parent and after the questions that
 * its conditions ask for (rule 34).
 * @param all every item, each after its parent
 * @returns undefined where conditions depend on one another in a circle
 */
export function dependencyOrder<Item extends Placed<Item>>(
  all: readonly Dependent<Item>[]
): readonly Item[] | undefined {
  const conditional = new Set<Item>()
  for (const { item, isGated } of all) {
    if (isGated || (item.parent && conditional.has(item.parent))) conditional.add(item)
  }
  const waiting = new Map<Item, number>()
  const followers = new Map<Item, Item[]>()
  for (const { item, after } of all) {
    if (!conditional.has(item)) continue
    const before = [...after, item.parent].filter(each => each !== undefined && conditional.has(each)) as Item[]
    waiting.set(item, before.length)
    for (const each of before) followers.set(each, [...(followers.get(each) ?? []), item])
  }
  const order = [...waiting].filter(([, count]) => count === 0).map(([item]) => item)
  for (const item of order) {
    for (const follower of followers.get(item) ?? []) {
      const left = waiting.get(follower)! - 1
      waiting.set(follower, left)
      if (left === 0) order.push(follower)
    }
  }
  return order.length === waiting.size ? order : undefined
}
