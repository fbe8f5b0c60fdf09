import { isObject, type Source } from './node.ts'

/** The items of some `item` arrays by their linkId, each in its order. What is no item is left out. */
export function byLinkId(lists: readonly (readonly unknown[])[]): ReadonlyMap<string, readonly Source[]> {
  const found = new Map<string, Source[]>()
  for (const list of lists) {
    for (const source of list) {
      if (!isObject(source) || typeof source.linkId !== 'string') continue
      const known = found.get(source.linkId)
      if (known) known.push(source)
      else found.set(source.linkId, [source])
    }
  }
  return found
}
