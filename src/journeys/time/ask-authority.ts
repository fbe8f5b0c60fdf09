import { createHash } from 'node:crypto'
import type { Timestamp } from '../../document/timestamp.ts'
import type { TimestampFaultKind } from '../../signature/timestamp/fault.ts'
import { timestampRequest } from '../../signature/timestamp/request.ts'
import { judgeReply, type TimestampTrust } from '../../signature/timestamp.ts'
import type { Parts } from '../parts.ts'
import type { TimestampService } from './ports.ts'

/** The authority that stamps for this gateway, and whom it believes. */
export interface Stamping {
  readonly service: TimestampService
  readonly trust: TimestampTrust
}

/** No time-stamp was to be had now; what waits for one is tried again. */
export class NoTimestamp extends Error {
  override readonly name = 'NoTimestamp'
  readonly fault: TimestampFaultKind | 'unreachable'

  constructor(fault: NoTimestamp['fault'], why: string) {
    super(why)
    this.fault = fault
  }
}

const nonceBytes = 16

/**
 * Has bytes stamped: sends their SHA-256 alone, and takes nothing for an answer that does not hold.
 * @throws NoTimestamp
 */
export async function stamped(
  { random, now }: Pick<Parts, 'random' | 'now'>,
  { service, trust }: Stamping,
  bytes: Uint8Array
): Promise<{ readonly timestamp: Timestamp; readonly reply: Uint8Array }> {
  const question = { imprint: createHash('sha256').update(bytes).digest(), nonce: random(nonceBytes) }
  const reply = await service.ask(timestampRequest(question))
  if (!reply) throw new NoTimestamp('unreachable', 'the authority did not answer')
  const answer = await judgeReply(reply, question, trust, now())
  if (answer.kind === 'refused') throw new NoTimestamp(answer.fault, answer.why)
  return { timestamp: answer.timestamp, reply }
}
