import { statfsSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import type { Slice } from './load.ts'

type Figure = 'perSecond' | 'serverCpuUs' | 'p50Ms' | 'p99Ms' | 'generatorCpuUs'

export interface Round {
  readonly floor: Slice
  readonly gateway: Slice
}

/** A figure of both servers: medians over the rounds, and the median, least and greatest of the rounds' ratios. */
export interface Compared {
  readonly floor: number
  readonly gateway: number
  readonly ratio: number
  readonly least: number
  readonly greatest: number
}

export interface Summary {
  readonly at: string
  readonly node: string
  readonly processors: string
  /** of one minute, before the first slice: beyond a tenth of a processor others were at work, and the figures are worse for it */
  readonly loadBefore: number
  readonly store: string
  readonly folder: string
  readonly rounds: number
  readonly secondsPerSlice: number
  readonly connections: number
  readonly documentBytes: number
  readonly accepted: { readonly floor: number; readonly gateway: number }
  readonly errors: { readonly floor: number; readonly gateway: number }
  readonly missing: { readonly floor: number; readonly gateway: number }
  readonly peakMebibytes: { readonly floor: number; readonly gateway: number }
  readonly figures: Readonly<Record<Figure, Compared>>
}

export type Surroundings = Pick<Summary, 'at' | 'node' | 'processors' | 'loadBefore' | 'store' | 'folder'>

/** Where and with what the figures were made. */
export function surroundings(): Surroundings {
  const [first, ...others] = cpus()
  return {
    at: new Date().toISOString(),
    node: process.version,
    processors: `${others.length + 1} x ${first?.model.trim()}`,
    loadBefore: loadavg()[0]!,
    store: 'SQLite WAL, synchronous=FULL (fsync on), group commit, both servers',
    folder: `${tmpdir()}, file system type 0x${statfsSync(tmpdir()).type.toString(16)}`
  }
}

export function compare(rounds: readonly Round[]): Summary['figures'] {
  return {
    perSecond: compared(rounds, 'perSecond'),
    serverCpuUs: compared(rounds, 'serverCpuUs'),
    p50Ms: compared(rounds, 'p50Ms'),
    p99Ms: compared(rounds, 'p99Ms'),
    generatorCpuUs: compared(rounds, 'generatorCpuUs')
  }
}

function compared(rounds: readonly Round[], figure: Figure): Compared {
  const ratios = rounds.map(({ floor, gateway }) => gateway[figure] / floor[figure])
  return {
    floor: median(rounds.map(({ floor }) => floor[figure])),
    gateway: median(rounds.map(({ gateway }) => gateway[figure])),
    ratio: median(ratios),
    least: Math.min(...ratios),
    greatest: Math.max(...ratios)
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const rows: readonly (readonly [name: string, figure: Figure, digits: number])[] = [
  ['P2 documents/s', 'perSecond', 0],
  ['P1 CPU per document, µs', 'serverCpuUs', 0],
  ['P3 p99, ms', 'p99Ms', 1],
  ['   p50, ms', 'p50Ms', 1],
  ['   generator CPU, µs', 'generatorCpuUs', 0]
]

/** The table that is printed at the end. */
export function table(summary: Summary): string {
  const { figures, rounds, secondsPerSlice, connections, documentBytes } = summary
  const lines = rows.map(([name, figure, digits]) => {
    const { floor, gateway, ratio, least, greatest } = figures[figure]
    return [
      name.padEnd(26),
      floor.toFixed(digits).padStart(9),
      gateway.toFixed(digits).padStart(9),
      `${ratio.toFixed(2).padStart(9)} (${least.toFixed(2)} to ${greatest.toFixed(2)})`
    ].join('')
  })
  const peak = summary.peakMebibytes
  return [
    `${summary.processors}, load before ${summary.loadBefore.toFixed(1)}, Node ${summary.node}, ${summary.store}`,
    `${summary.folder}; ${documentBytes} bytes a document, ${connections} connections, ${rounds} rounds of ${secondsPerSlice} s each`,
    '',
    `${''.padEnd(26)}${'floor'.padStart(9)}${'gateway'.padStart(9)}${'gateway : floor'.padStart(19)}`,
    ...lines,
    '',
    `peak memory MiB: floor ${peak.floor.toFixed(0)}, gateway ${peak.gateway.toFixed(0)}`,
    ...(['floor', 'gateway'] as const).map(
      name =>
        `${name}: ${summary.accepted[name]} accepted, ${summary.errors[name]} errors, ${summary.missing[name]} missing after SIGKILL`
    )
  ].join('\n')
}
