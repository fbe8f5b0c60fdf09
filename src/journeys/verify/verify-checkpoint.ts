import type { Instant } from '../../document/ids.ts'
import { checkTimestamp } from './check-timestamp.ts'
import { Checks, type Verification, type VerifyTrust } from './verification.ts'
import { openCheckpoint } from './verify-checkpoints.ts'

/** Whether a text looks like a signed note over a head of the log: name, size, root, an empty line, signatures. */
export const isCheckpoint = (text: string): boolean =>
  /^[^\n]+\n\d+\n[A-Za-z0-9+/]+=*\n(?:[^\n]+\n)*\n\xe2\x80\x94 /.test(text)

/** Verifies one signed head of the log and, where there is one, the time-stamp over its bytes (`/log/checkpoint.tsr`). */
export async function verifyCheckpoint(
  bytes: Uint8Array,
  trust: VerifyTrust,
  { timestamp, at }: { readonly timestamp?: Uint8Array | undefined; readonly at?: Instant | undefined }
): Promise<Verification> {
  const checks = new Checks()
  openCheckpoint('checkpoint', Buffer.from(bytes).toString(), trust.logKeys, checks)
  if (timestamp) await checkTimestamp({ file: timestamp, over: bytes }, trust, at, checks)
  return checks.verification('checkpoints')
}
