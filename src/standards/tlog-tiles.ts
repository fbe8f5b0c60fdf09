import type { Node } from './merkle.ts'

/**
 * A log as tiles: hashes in rows of 256, each tile an unchanging file, from which anyone computes any proof.
 * @see https://c2sp.org/tlog-tiles
 */

export interface Tile {
  /** 0 for leaf hashes, n for roots over 256^n leaves. */
  readonly level: number
  readonly index: number
  /** Hashes in it, 1 to 256; fewer than 256 where the log had no more. */
  readonly width: number
}

const full = 256
const treeLevels = 8

/** @returns `0/x001/x234/067` or `1/000.p/17`: the path below `…/tile/` */
export function tilePath({ level, index, width }: Tile): string {
  return `${level}/${indexPath(index, width)}`
}

/** @returns the same for the entries of a level 0 tile: `entries/x001/x234/067.p/5` */
export function entriesPath(index: number, width: number): string {
  return `entries/${indexPath(index, width)}`
}

/**
 * @param path below `…/tile/`
 * @returns the tile, with level `entries` for a bundle of entries; undefined for any other text. Each tile has one path.
 */
export function parseTilePath(path: string): Tile | (Omit<Tile, 'level'> & { readonly level: 'entries' }) | undefined {
  const match = /^(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path)
  if (match === null) return undefined
  const [, row, digits, partial] = match
  const index = Number(digits!.replaceAll(/[x/]/g, ''))
  const width = partial === undefined ? full : Number(partial)
  if (!Number.isSafeInteger(index) || width > full || (partial !== undefined && width === full)) return undefined
  if (indexPath(index, width) !== path.slice(row!.length + 1)) return undefined
  if (row === 'entries') return { level: 'entries', index, width }
  return Number(row) < 64 ? { level: Number(row), index, width } : undefined
}

/** @returns how many hashes the tile holds when the log has this size: 0 to 256 */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / full ** level)
  return Math.min(full, Math.max(0, hashes - index * full))
}

/** @returns the complete subtrees whose hashes the tile strings together */
export function tileNodes({ level, index, width }: Tile): readonly Node[] {
  return Array.from({ length: width }, (_, i) => ({ level: level * treeLevels, index: index * full + i }))
}

/** @returns all tiles of a log of this size, full and partial */
export function tilesOf(size: number): readonly Tile[] {
  const tiles: Tile[] = []
  for (let level = 0; Math.floor(size / full ** level) > 0; level++) {
    for (let index = 0; ; index++) {
      const width = tileWidth(level, index, size)
      if (width === 0) break
      tiles.push({ level, index, width })
    }
  }
  return tiles
}

/**
 * @param entries of at most 65,535 bytes each
 * @returns each behind its length (two bytes, big-endian)
 */
export function entryBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(entries.flatMap(entry => [lengthOf(entry), entry]))
}

function lengthOf(entry: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(entry.length)
  return length
}

function indexPath(index: number, width: number): string {
  const digits = `${index}`
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g)!
  const last = groups.pop()!
  return `${groups.map(group => `x${group}/`).join('')}${last}${width === full ? '' : `.p/${width}`}`
}
