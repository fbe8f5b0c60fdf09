import type { Instant } from '../../document/ids.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import type { Checks } from './verification.ts'

/** Clocks may differ by so much (domain §7). */
const maxAheadMilliseconds = 5 * 60_000

/** With `--at` nothing may say that it was made later; without, what it says of its own time is all that is known. */
export function checkTime(name: string, made: Instant, at: Instant | undefined, checks: Checks): void {
  if (at === undefined) return
  const ok = made <= at + maxAheadMilliseconds
  checks.add(name, ok, `${ok ? 'not later than' : 'more than 5 minutes after'} ${toInstant(at)}`)
}
