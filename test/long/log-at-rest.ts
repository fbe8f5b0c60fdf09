import { createHash } from 'node:crypto'
import type { AtRest } from './at-rest.ts'

/** The log as its rows make it, computed without the code that wrote it (RFC 9162 section 2.1.1). */
export interface LogAtRest {
  readonly size: number
  /** root of the tree of each size that is asked for */
  root(size: number): Buffer
  nodeAt(level: number, index: number): Buffer
  /** where the stored head, nodes and numbers are not what the leaves make them; none where all is well */
  readonly faults: readonly string[]
}

export function readLog(file: AtRest): LogAtRest {
  const rows = file.rows('select "leaf", "tree", "entry" from "audit" order by "leaf"')
  const levels = levelsOf(rows.map(row => sha256(0, Buffer.from(String(row.entry)))))
  const nodeAt = (level: number, index: number) => {
    const node = levels[level]?.[index]
    if (!node) throw new RangeError(`the log has no node ${level}/${index}`)
    return node
  }
  const peaks = (size: number) => peaksOf(size).map(([level, index]) => nodeAt(level, index))
  const log = {
    size: rows.length,
    root: (size: number) => peaks(size).reduceRight((right, left) => sha256(1, left, right)),
    nodeAt
  }
  return {
    ...log,
    faults: [...numbering(rows), ...headFaults(file, log.size, peaks(log.size)), ...nodeFaults(file, levels)]
  }
}

/** Level 0 holds the leaves, each further one the complete pairs of the one below. */
function levelsOf(leaves: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const levels = [leaves]
  for (let below = leaves; below.length > 1; ) {
    const pairs = Array.from({ length: Math.floor(below.length / 2) }, (_, at) =>
      sha256(1, below[2 * at]!, below[2 * at + 1]!)
    )
    levels.push(pairs)
    below = pairs
  }
  return levels
}

/** The complete subtrees that make up a tree, largest first: the bits of its size. */
function peaksOf(size: number): readonly (readonly [level: number, index: number])[] {
  const peaks: [number, number][] = []
  let start = 0
  for (let level = 30; level >= 0; level--) {
    const width = 2 ** level
    if (Math.floor(size / width) % 2 === 1) {
      peaks.push([level, start / width])
      start += width
    }
  }
  return peaks
}

/** Leaves count up from 0, and those of one commit end where the tree of that commit ends. */
function numbering(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return rows.flatMap(({ leaf, tree }, index) => {
    const next = rows[index + 1]
    const isLast = next === undefined || next.tree !== tree
    const isRight = leaf === index && (isLast ? tree === index + 1 : Number(tree) > index + 1)
    return isRight ? [] : [`leaf ${leaf} of a tree of ${tree} at place ${index}`]
  })
}

function headFaults(file: AtRest, size: number, peaks: readonly Buffer[]): readonly string[] {
  const [head] = file.rows('select "size", "frontier" from "logHead"')
  const isRight = head?.size === size && Buffer.concat(peaks).equals(Buffer.from(head.frontier as Uint8Array))
  return isRight ? [] : [`the head says ${head?.size}, there are ${size} records, or its hashes are others`]
}

function nodeFaults(file: AtRest, levels: readonly (readonly Buffer[])[]): readonly string[] {
  const stored = file.rows('select "level", "position", "hash" from "logNode"')
  const wanted = levels.reduce((sum, level) => sum + level.length, 0)
  const wrong = stored.filter(({ level, position, hash }) => {
    const node = levels[Number(level)]?.[Number(position)]
    return !node?.equals(Buffer.from(hash as Uint8Array))
  })
  return [
    ...(stored.length === wanted ? [] : [`${stored.length} nodes are stored, ${wanted} are complete`]),
    ...wrong.map(({ level, position }) => `node ${level}/${position} is not what the leaves make it`)
  ]
}

function sha256(prefix: number, ...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256').update(Buffer.of(prefix))
  for (const part of parts) hash.update(part)
  return hash.digest()
}
