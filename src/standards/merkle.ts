import { hash } from 'node:crypto'

/**
 * The Merkle tree of a transparency log (RFC 9162 section 2.1), over stored complete subtrees: node (level, index) is
 * the root over the leaves from index · 2^level up to (index + 1) · 2^level, and never changes once it is complete.
 * Sizes and indices are safe integers, so no bit operators here: those end at 2^31.
 */

export interface Node {
  readonly level: number
  readonly index: number
}

/** Gives the hash of a complete subtree from wherever it is kept. */
export type NodeAt = (level: number, index: number) => Uint8Array

/** The roots of the complete subtrees that make up a tree, largest (leftmost) first: all that appending needs. */
export type Frontier = readonly Uint8Array[]

/** For each hash of a proof the complete subtrees that it is made of, left to right; mostly one. */
export type Plan = readonly (readonly Node[])[]

export interface Appended {
  readonly frontier: Frontier
  readonly size: number
  /** The leaf itself and each subtree that it completed, lowest first: what is to be stored. */
  readonly completed: readonly (Node & { readonly hash: Uint8Array })[]
}

const hashBytes = 32

export const emptyRoot: Uint8Array = hash('sha256', new Uint8Array(), 'buffer')

export function leafHash(entry: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(entry.length + 1)
  input[0] = 0x00
  input.set(entry, 1)
  return hash('sha256', input, 'buffer')
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + 2 * hashBytes)
  input[0] = 0x01
  input.set(left, 1)
  input.set(right, 1 + hashBytes)
  return hash('sha256', input, 'buffer')
}

/** Appends leaf number `size` to a tree of that size. */
export function appendLeaf(frontier: Frontier, size: number, leaf: Uint8Array): Appended {
  if (frontier.length !== peaks(size).length) throw new TypeError('the frontier is not of a tree of this size')
  const roots = [...frontier]
  const completed = [{ level: 0, index: size, hash: leaf }]
  let root = leaf
  for (let level = 0, index = size; index % 2 === 1; ) {
    root = nodeHash(roots.pop()!, root)
    level++
    index = (index - 1) / 2
    completed.push({ level, index, hash: root })
  }
  roots.push(root)
  return { frontier: roots, size: size + 1, completed }
}

/** @returns the root of the tree whose frontier this is */
export function rootOf(frontier: Frontier): Uint8Array {
  return frontier.length === 0 ? emptyRoot : fold(frontier)
}

/** @returns where the hashes of the frontier of a tree of this size are stored */
export function peaks(size: number): readonly Node[] {
  return subtrees(0, size)
}

/** @returns the frontier of the tree at any size that it once had */
export function frontierAt(size: number, nodeAt: NodeAt): Frontier {
  return peaks(size).map(({ level, index }) => nodeAt(level, index))
}

/**
 * What an inclusion proof is made of, so that a store can fetch it in one query.
 * @throws RangeError if the tree has no such leaf
 * @see RFC 9162 section 2.1.3.1
 */
export function inclusionPlan(leaf: number, size: number): Plan {
  if (!(leaf >= 0 && leaf < size)) throw new RangeError('the tree has no such leaf')
  const plan: (readonly Node[])[] = []
  let start = 0
  let width = size
  while (width > 1) {
    const left = largestPowerBelow(width)
    if (leaf < start + left) {
      plan.push(subtrees(start + left, width - left))
      width = left
    } else {
      plan.push(subtrees(start, left))
      start += left
      width -= left
    }
  }
  return plan.reverse()
}

/**
 * What a consistency proof between two sizes of the log is made of.
 * @throws RangeError if the first is larger than the second
 * @see RFC 9162 section 2.1.4.1
 */
export function consistencyPlan(first: number, second: number): Plan {
  if (!(first >= 0 && first <= second)) throw new RangeError('a log does not shrink')
  if (first === 0) return []
  const plan: (readonly Node[])[] = []
  let start = 0
  let width = second
  while (first !== start + width) {
    const left = largestPowerBelow(width)
    if (first <= start + left) {
      plan.push(subtrees(start + left, width - left))
      width = left
    } else {
      plan.push(subtrees(start, left))
      start += left
      width -= left
    }
  }
  // Whoever asks knows the root of the first tree, so that it is left out where it is a subtree of the second.
  if (start > 0) plan.push(subtrees(start, width))
  return plan.reverse()
}

/** @returns the hashes of a proof, leaf to root */
export function proofOf(plan: Plan, nodeAt: NodeAt): Uint8Array[] {
  return plan.map(nodes => fold(nodes.map(({ level, index }) => nodeAt(level, index))))
}

export function inclusionProof(leaf: number, size: number, nodeAt: NodeAt): Uint8Array[] {
  return proofOf(inclusionPlan(leaf, size), nodeAt)
}

export function consistencyProof(first: number, second: number, nodeAt: NodeAt): Uint8Array[] {
  return proofOf(consistencyPlan(first, second), nodeAt)
}

/** @see RFC 9162 section 2.1.3.2 */
export function verifyInclusion(
  leafHash: Uint8Array,
  leaf: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array
): boolean {
  if (!Number.isSafeInteger(leaf) || !Number.isSafeInteger(size) || leaf < 0 || leaf >= size) return false
  if (!areHashes([leafHash, root, ...proof])) return false
  let at = leaf
  let last = size - 1
  let result = leafHash
  for (const sibling of proof) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      result = nodeHash(sibling, result)
      while (at % 2 === 0 && at !== 0) {
        at /= 2
        last = half(last)
      }
    } else {
      result = nodeHash(result, sibling)
    }
    at = half(at)
    last = half(last)
  }
  return last === 0 && sameHash(result, root)
}

/**
 * Whether the tree of size `second` begins with the tree of size `first`. The empty tree begins any, without a proof.
 * @see RFC 9162 section 2.1.4.2
 */
export function verifyConsistency(
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[]
): boolean {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second) || first < 0 || first > second) return false
  if (!areHashes([firstRoot, secondRoot, ...proof])) return false
  if (first === 0 || first === second) {
    return (
      proof.length === 0 &&
      sameHash(firstRoot, first === 0 ? emptyRoot : secondRoot) &&
      (second > 0 || sameHash(secondRoot, emptyRoot))
    )
  }
  let at = first - 1
  let last = second - 1
  while (at % 2 === 1) {
    at = half(at)
    last = half(last)
  }
  // After that shift `at` is 0 exactly where the first tree is one complete subtree; its root then starts the proof.
  const [start, ...rest] = at === 0 ? [firstRoot, ...proof] : proof
  if (start === undefined) return false
  let old = start
  let now = start
  for (const sibling of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      old = nodeHash(sibling, old)
      now = nodeHash(sibling, now)
      while (at % 2 === 0 && at !== 0) {
        at /= 2
        last = half(last)
      }
    } else {
      now = nodeHash(now, sibling)
    }
    at = half(at)
    last = half(last)
  }
  return last === 0 && sameHash(old, firstRoot) && sameHash(now, secondRoot)
}

/** The complete subtrees of `width` leaves from `start` on, largest first. `start` is a multiple of the largest. */
function subtrees(start: number, width: number): Node[] {
  const nodes: Node[] = []
  for (let level = 0, size = 1, rest = width, end = start + width; rest > 0; level++, size *= 2) {
    if (half(rest) * 2 !== rest) {
      nodes.push({ level, index: end / size - 1 })
      end -= size
    }
    rest = half(rest)
  }
  return nodes.reverse()
}

function fold(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** For a width of at least 2. */
function largestPowerBelow(width: number): number {
  let power = 1
  while (power * 2 < width) power *= 2
  return power
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function areHashes(values: readonly Uint8Array[]): boolean {
  return values.every(value => value.length === hashBytes)
}

function sameHash(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
