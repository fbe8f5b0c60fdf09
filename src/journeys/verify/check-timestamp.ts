import { createHash } from 'node:crypto'
import type { Instant } from '../../document/ids.ts'
import type { Timestamp } from '../../document/timestamp.ts'
import { judgeTimestamp } from '../../signature/timestamp.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { checkTime } from './signing-time.ts'
import type { Checks, VerifyTrust } from './verification.ts'

/** A reply or token, and the bytes that it is said to be over. */
export interface TimestampFile {
  readonly file: Uint8Array
  readonly over: Uint8Array
}

/**
 * Judges a time-stamp as of the time that it states: that its authority has expired since then does not matter.
 * @param at a time at which the file is known to have been there
 * @returns undefined where it does not hold, or nothing says whom to believe
 */
export async function checkTimestamp(
  { file, over }: TimestampFile,
  { authorities }: VerifyTrust,
  at: Instant | undefined,
  checks: Checks
): Promise<Timestamp | undefined> {
  const name = 'timestamp'
  if (!authorities) {
    checks.untrusted(name, 'tsa-roots.pem')
    return undefined
  }
  const imprint = createHash('sha256').update(over).digest()
  const answer = await judgeTimestamp(file, imprint, { authorities, policies: undefined })
  if (answer.kind === 'refused') {
    checks.add(name, false, `${answer.fault}: ${answer.why}`)
    return undefined
  }
  const { time, accuracy, authority, policy } = answer.timestamp
  const sure = accuracy === 0 ? '' : ` (${accuracy} ms either way)`
  checks.add(name, true, `there at ${toInstant(time)}${sure}, by ${authority}, policy ${policy}`)
  checkTime('timestamp-time', time, at, checks)
  return answer.timestamp
}

/** The last moment that a time-stamp can mean: what it is over was there by then. */
export const provenBy = ({ time, accuracy }: Timestamp): Instant => time + accuracy
