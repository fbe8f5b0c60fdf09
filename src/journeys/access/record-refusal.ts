import type { Caller } from '../../document/caller.ts'
import type { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import { operatorOrganization, type Parts } from '../parts.ts'

interface Refused {
  readonly request: string
  readonly at: number
  readonly address: string
}

/**
 * Records refusals (design §2): each one to a caller who is known, durable before it is answered; those before that, and
 * 429 and 503, as one record per cause, network and minute with a count.
 */
export class RefusalRecorder {
  readonly #parts: Parts
  #counts = new Map<string, { readonly reason: string; readonly network: string; count: number }>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async record(refusal: Refusal, { request, at, address }: Refused, caller: Caller | undefined): Promise<void> {
    const isOurs = refusal.entry.status === 503 || refusal.entry.status === 429
    if (!caller || isOurs) return this.count(refusal.key, address)
    await appendAlways(this.#parts.record, {
      guards: [],
      rows: {},
      working: {},
      audit: [
        composer(this.#parts, { request, at, address, caller })('refuse', {
          outcome: '4',
          reason: refusal.key,
          organizations: [caller.organization],
          entities: []
        })
      ]
    })
  }

  /** @param reason a key of the catalogue, or an error code of OAuth */
  count(reason: string, address: string): void {
    const network = networkOf(address)
    const key = `${reason} ${network}`
    const known = this.#counts.get(key)
    if (known) known.count++
    else if (this.#counts.size < 10_000) this.#counts.set(key, { reason, network, count: 1 })
  }

  /** Writes what was counted since the last time; the clock calls it each minute, and the orderly stop. */
  async flush(at: number): Promise<void> {
    const counts = this.#counts
    this.#counts = new Map()
    for (const { reason, network, count } of counts.values()) {
      const record = composer(this.#parts, { request: this.#parts.newId(), at, address: network })('refuse-many', {
        outcome: '4',
        reason,
        organizations: [operatorOrganization],
        entities: [{ of: 'count', count }]
      })
      await appendAlways(this.#parts.record, { guards: [], rows: {}, working: {}, audit: [record] })
    }
  }
}

/** The /24 or /48 an address lies in, so that a busy network makes one record, not thousands. */
function networkOf(address: string): string {
  if (address.includes('.'))
    return `${address
      .replace(/^::ffff:/u, '')
      .split('.')
      .slice(0, 3)
      .join('.')}.0`
  return `${address.split(':').slice(0, 3).join(':')}::`
}
