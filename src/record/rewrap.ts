import type { Keyring } from './keyring.ts'
import type { KeyWraps, RecordLog, Working } from './ports.ts'
import type { Guard } from './write-set.ts'

type Wrap = Working['keyWrap']

const page = 64

/**
 * From now on no key can be stored that is wrapped by one of these parents, whichever gateway wrapped it: the row that says so
 * stays, and `append` guards each such key by it. What is wrapped anew afterwards is therefore all there is.
 */
export async function closeMasters(log: Pick<RecordLog, 'note'>, parents: readonly string[]): Promise<void> {
  const rows = parents.map(parent => ({ id: closedId(parent), parent: 'closed', wrapped: new Uint8Array() }))
  await log.note([{ table: 'keyWrap', rows }])
}

/** Holds as long as keys may be stored that this parent wraps. */
export const notClosed = (parent: string): Guard => ({
  kind: 'unchanged',
  table: 'keyWrap',
  key: { id: closedId(parent) },
  column: 'parent',
  value: 0
})

export const isClosedGuard = (guard: Guard): boolean =>
  guard.kind === 'unchanged' && guard.table === 'keyWrap' && guard.key.id?.startsWith('closed/') === true

const closedId = (parent: string) => `closed/${parent}`

/**
 * Wraps everything anew that is under one of these parents, a page at a time beside gateways at work, until nothing is left.
 * A key that is erased meanwhile stays erased. It may be cut off at any moment, and begun again.
 * @param pause lets gateways write between two pages
 * @returns how many keys were wrapped anew
 */
export async function rewrapAll(
  {
    keyring,
    wraps,
    log
  }: {
    readonly keyring: Keyring
    readonly wraps: KeyWraps
    readonly log: Pick<RecordLog, 'note'>
  },
  parents: readonly string[],
  pause: () => Promise<unknown>
): Promise<number> {
  let moved = 0
  for (;;) {
    const before = moved
    for (let after = ''; ; await pause()) {
      const rows = await wraps.wrapsUnder(parents, after, page)
      // each by itself, in one commit: one that was erased holds up no other
      await Promise.all(rows.map(row => note(log, row, keyring.rewrapped(row))))
      moved += rows.length
      if (rows.length < page) break
      after = rows.at(-1)!.id
    }
    if (moved === before) return moved
  }
}

function note(log: Pick<RecordLog, 'note'>, { id, parent }: Wrap, row: Wrap): Promise<boolean> {
  const unchanged = { kind: 'unchanged', table: 'keyWrap', key: { id }, column: 'parent', value: parent } as const
  return log.note([{ table: 'keyWrap', rows: [row] }], [unchanged])
}
