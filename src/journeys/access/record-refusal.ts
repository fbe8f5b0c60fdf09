import type { AuditRecord } from '../../document/audit-record.ts'
import type { Caller } from '../../document/caller.ts'
import type { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import { operatorOrganization, type Parts } from '../parts.ts'
import { anywhere, networkOf } from './network-of.ts'

interface Refused {
  readonly request: string
  readonly at: number
  readonly address: string
}

interface Count {
  readonly reason: string
  readonly network: string
  readonly count: number
}

/**
 * Records refusals (design §2): each one to a caller who is known, durable before it is answered; those before that, and
 * 429 and 503, as one record per cause, network and minute with a count.
 */
export class RefusalRecorder {
  readonly #parts: Parts
  readonly #networksKept: number
  #counts = new Map<string, Count>()

  /** @param networksKept more networks and causes than this are not told apart within a minute */
  constructor(parts: Parts, networksKept = 10_000) {
    this.#parts = parts
    this.#networksKept = networksKept
  }

  async record(refusal: Refusal, { request, at, address }: Refused, caller: Caller | undefined): Promise<void> {
    const isOurs = refusal.entry.status === 503 || refusal.entry.status === 429
    if (!caller || isOurs) return this.count(refusal.key, address)
    await this.#append(
      composer(this.#parts, { request, at, address, caller })('refuse', {
        outcome: '4',
        reason: refusal.key,
        organizations: [caller.organization],
        entities: []
      })
    )
  }

  /** @param reason a key of the catalogue, or an error code of OAuth */
  count(reason: string, address: string | undefined): void {
    this.#add({ reason, network: networkOf(address), count: 1 })
  }

  /**
   * Writes what was counted since the last time; the clock calls it each minute, and the orderly stop.
   * @throws Refusal `store-unavailable`; what could not be written is counted on
   */
  async flush(at: number): Promise<void> {
    const counts = [...this.#counts.values()]
    this.#counts = new Map()
    const written = await Promise.allSettled(counts.map(count => this.#append(this.#recordOf(count, at))))
    const failed = written.flatMap((result, index) => (result.status === 'rejected' ? [{ result, index }] : []))
    for (const { index } of failed) this.#add(counts[index]!)
    if (failed[0]) throw failed[0].result.reason
  }

  #recordOf({ reason, network, count }: Count, at: number): AuditRecord {
    return composer(this.#parts, { request: this.#parts.newId(), at, address: network })('refuse-many', {
      outcome: '4',
      reason,
      organizations: [operatorOrganization],
      entities: [{ of: 'count', count }]
    })
  }

  async #append(record: AuditRecord): Promise<void> {
    await appendAlways(this.#parts.record, { guards: [], rows: {}, working: {}, audit: [record] })
  }

  #add({ reason, network, count }: Count): void {
    const isRoom = this.#counts.size < this.#networksKept || this.#counts.has(`${reason} ${network}`)
    const place = isRoom ? network : anywhere
    const name = `${reason} ${place}`
    const before = this.#counts.get(name)?.count ?? 0
    this.#counts.set(name, { reason, network: place, count: before + count })
  }
}
