import type { Parts } from '../parts.ts'

const batch = 200
/** with DPoP each call leaves a row behind: a thousand a second */
const mostBatches = 300
/** clocks of gateways differ: what one has forgotten must be over for each */
const graceMs = 300_000

/**
 * Forgets what is past its end: used assertions and proofs, revocations, sessions and codes of persons, kept answers to Idempotency-Keys. In small commits, and no more of
 * them in one go than a busy minute leaves behind; the rest waits for the next. None of it is evidence, so that nothing is recorded.
 */
export async function sweepExpired(parts: Pick<Parts, 'record' | 'expiries' | 'now'>): Promise<void> {
  const before = parts.now() - graceMs
  const { log } = parts.record
  for (let round = 0; round < mostBatches; round++) {
    const once = await parts.expiries.once(before, batch)
    const answers = await parts.expiries.answers(before, batch)
    const persons = await parts.expiries.persons(before, batch)
    const gone = [
      ...persons,
      ...once.map(({ scope, key }) => ({ table: 'once', key: { scope, key } }) as const),
      ...answers.map(({ key }) => ({ table: 'answer', key: { key } }) as const)
    ]
    if (gone.length > 0) await log.note([], [], gone)
    if (once.length < batch && answers.length < batch && persons.length < batch) return
  }
}
