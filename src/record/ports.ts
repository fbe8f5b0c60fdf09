import type { Evidence, Working } from './tables.ts'
import type { Guard } from './write-set.ts'

export type { Evidence, Working, WorkingTable } from './tables.ts'
export type { Guard } from './write-set.ts'

/** An audit record ready for the log: sealed, and its leaf known but for the number. */
export interface PreparedRecord {
  readonly row: Omit<Evidence['audit'], 'leaf' | 'tree'>
  readonly organizations: readonly string[]
  /** RFC 9162 leaf hash of `row.entry` */
  readonly leafHash: Uint8Array
}

/** A write set in plain values, ready to be cloned to a thread. */
export interface PreparedSet {
  readonly guards: readonly Guard[]
  readonly rows: readonly { readonly table: string; readonly rows: readonly object[] }[]
  readonly working: readonly { readonly table: string; readonly rows: readonly object[] }[]
  readonly gone: readonly { readonly table: keyof Working; readonly key: Readonly<Record<string, string>> }[]
  readonly records: readonly PreparedRecord[]
}

/** The tree head of one commit, and what proves that commit's leaves in it. */
export interface CommitHead {
  readonly size: number
  /** peaks of the tree, largest first */
  readonly frontier: readonly Uint8Array[]
  /** complete subtrees known to the commit (the peaks before it and all it completed), by `level/position` */
  readonly nodes: ReadonlyMap<string, Uint8Array>
}

export type CommitResult =
  | {
      readonly ok: true
      readonly head: CommitHead /** leaf number of each record */
      readonly leaves: readonly number[]
    }
  | {
      readonly ok: false
      readonly guard: Guard /** what the first holder of a `once` key left */
      readonly value: string | undefined
    }

/**
 * The one writer of evidence.
 *
 * `commit` answers once the set and its log leaves are durable on disk (SQLite: WAL fsynced, `synchronous=FULL`); sets that wait
 * together share one transaction and one fsync. When it rejects nothing of the set is stored, or its fate is unknown after a crash:
 * repeating it with the same `once` keys is safe. A result that is not `ok` has stored nothing of its set.
 */
export interface RecordLog {
  commit(set: PreparedSet): Promise<CommitResult>
  /**
   * Writes working rows alone (outbox bookkeeping, leases) and removes those of `gone`: durable, but no evidence and no leaf.
   * @returns false where a guard refused, so that nothing was written
   */
  note(working: PreparedSet['working'], guards?: readonly Guard[], gone?: PreparedSet['gone']): Promise<boolean>
  close(): Promise<void>
}

/** Wrapped keys, by the id of what they seal. */
export interface KeyWraps {
  keyWrap(id: string): Promise<{ readonly parent: string; readonly wrapped: Uint8Array } | undefined>
  /** Those under one of these keys, by id: at most so many, from the first after `after` on. */
  wrapsUnder(parents: readonly string[], after: string, most: number): Promise<readonly Working['keyWrap'][]>
  /** whether anything was ever recorded */
  isUsed(): Promise<boolean>
}

/** A master key: 32 bytes, and the name under which wraps say that they are its. */
export interface Master {
  readonly name: string
  readonly key: Uint8Array
}

/** The master keys at hand. The first wraps; while it is changed, the one before is there to open with. */
export interface Masters {
  all(): readonly Master[]
  /** reads them anew, if that was not a moment ago. @returns whether they are others now */
  lookAgain(): boolean
}
