import { Refusal } from '../../outcome/refusal.ts'
import { networkOf } from '../access/network-of.ts'
import type { Parts } from '../parts.ts'

type CountParts = Pick<Parts, 'persons' | 'record'>

/** Failed attempts of somebody, or against something, and how many of them are judged within ten minutes. */
export interface Counter {
  readonly key: string
  readonly most: number
}

const windowMs = 10 * 60_000

/** Whole workplaces share a network, and a proxy may hide many. */
export const networkCounter = ({ record }: CountParts, address: string): Counter => ({
  key: record.keyring.mac('attempt', 'network', networkOf(address)),
  most: 60
})

export const accountCounter = ({ record }: CountParts, account: string): Counter => ({
  key: record.keyring.mac('attempt', 'account', account),
  most: 10
})

/**
 * Whether one more attempt is judged at all. Counted in the store, so that neither a restart nor another gateway begins anew.
 * @throws Refusal `rate-limited`
 */
export async function checkAttempts(parts: CountParts, { key, most }: Counter, at: number): Promise<void> {
  const row = await parts.persons.attempts(key)
  if (row === undefined || !isRunning(row, at) || row.count < most) return
  throw new Refusal('rate-limited', { retryAfterSeconds: Math.ceil((row.expiresAt - at) / 1000) })
}

/** One that ends later than any window could was noted by a clock that ran ahead: it must lock nobody out until then. */
const isRunning = ({ expiresAt }: { readonly expiresAt: number }, at: number): boolean =>
  at < expiresAt && expiresAt <= at + 2 * windowMs

/** Notes a failed attempt. Several at once are all counted. */
export async function noteFailure(parts: CountParts, { key }: Counter, at: number): Promise<void> {
  let isCounted = false
  while (!isCounted) {
    const row = await parts.persons.attempts(key)
    const next =
      row && isRunning(row, at) ? { ...row, count: row.count + 1 } : { key, count: 1, expiresAt: at + windowMs }
    const unchanged = (column: 'count' | 'expiresAt') =>
      ({ kind: 'unchanged', table: 'attempt', key: { key }, column, value: row?.[column] ?? 0 }) as const
    isCounted = await parts.record.log.note(
      [{ table: 'attempt', rows: [next] }],
      [unchanged('count'), unchanged('expiresAt')]
    )
  }
}
