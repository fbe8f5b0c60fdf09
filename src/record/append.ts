import { Refusal } from '../outcome/refusal.ts'
import type { Keyring } from './keyring.ts'
import { isUnderMaster } from './master-ring.ts'
import type { CommitHead, CommitResult, PreparedSet, RecordLog } from './ports.ts'
import { isClosedGuard, notClosed } from './rewrap.ts'
import { sealRecord } from './seal-record.ts'
import type { WriteSet } from './write-set.ts'

export interface RecordParts {
  readonly log: RecordLog
  readonly keyring: Keyring
}

/** What an appended set got: a leaf for each of its audit records, and the head of the tree of its commit. */
export interface Appended {
  readonly head: CommitHead
  readonly leaves: readonly number[]
  /** what each leaf is the hash of: RFC 8785 of { id, time, hmac } */
  readonly entries: readonly string[]
}

/** The set was not stored, since a `once` key was taken: `value` is what its first holder left. */
export interface Taken {
  readonly taken: { readonly scope: string; readonly value: string }
}

/**
 * Appends a write set: seals its audit records, commits, and answers once all of it is durable.
 *
 * @param fresh keys of documents, views and cases that this very set makes, by id
 * @throws Refusal `decision-changed` when the case moved on since it was read: the journey decides again
 * @throws Refusal `store-unavailable`; nothing of the set is then stored, or repeating it is safe
 */
export async function append(
  parts: RecordParts,
  set: WriteSet,
  fresh: ReadonlyMap<string, Uint8Array> = new Map()
): Promise<Appended | Taken> {
  const prepared = await prepare(parts.keyring, set, fresh)
  const result = await parts.log.commit(prepared)
  if (result.ok) return { ...result, entries: prepared.records.map(({ row }) => row.entry) }
  if (isClosedGuard(result.guard)) return append(parts, rewrapped(parts.keyring, set), fresh)
  return refusedBy(result)
}

/**
 * Its keys under the master of now: the one that they were wrapped by was closed since (`rewrap.ts`).
 * @throws Refusal `store-unavailable` where this process knows of no other yet
 */
function rewrapped(keyring: Keyring, set: WriteSet): WriteSet {
  const keyWrap = (set.working.keyWrap ?? []).map(wrap => (isUnderMaster(wrap) ? keyring.rewrapped(wrap) : wrap))
  return { ...set, working: { ...set.working, keyWrap } }
}

/** `append` for sets without a `once` guard that anyone could have taken before. */
export async function appendAlways(
  parts: RecordParts,
  set: WriteSet,
  fresh?: ReadonlyMap<string, Uint8Array>
): Promise<Appended> {
  const result = await append(parts, set, fresh)
  if ('taken' in result) throw new TypeError(`guard ${result.taken.scope} was taken`)
  return result
}

async function prepare(keyring: Keyring, set: WriteSet, fresh: ReadonlyMap<string, Uint8Array>): Promise<PreparedSet> {
  const secretOf = async (id: string) => fresh.get(id) ?? (await keyring.key(id))
  const records = []
  for (const record of set.audit) {
    const owner = record.document ?? record.case
    records.push(sealRecord(record, owner === undefined ? keyring.logKey : await secretOf(owner), keyring))
  }
  return {
    guards: [
      ...set.guards,
      ...(set.working.keyWrap ?? []).filter(isUnderMaster).map(({ parent }) => notClosed(parent))
    ],
    rows: tables(set.rows),
    working: tables(set.working),
    gone: set.gone ?? [],
    records
  }
}

function tables(rows: Readonly<Record<string, readonly object[]>>): { table: string; rows: readonly object[] }[] {
  return Object.entries(rows).map(([table, list]) => ({ table, rows: list }))
}

function refusedBy(result: Extract<CommitResult, { ok: false }>): Taken {
  if (result.guard.kind === 'once') return { taken: { scope: result.guard.scope, value: result.value ?? '' } }
  throw new Refusal('decision-changed', { retryAfterSeconds: 1 })
}
