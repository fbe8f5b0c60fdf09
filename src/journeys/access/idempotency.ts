import { createHash } from 'node:crypto'
import type { Caller } from '../../document/caller.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { derive } from '../../record/keyring.ts'
import type { Parts } from '../parts.ts'

const keptMs = 24 * 3_600_000

/** An answer as it is kept: whatever a route answers, in plain values. */
export interface KeptAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string | object
  readonly type?: string
}

/** A call that may come twice. */
interface Repeatable {
  readonly caller: Caller
  /** method and address: the same key for another call is a conflict, not a repeat */
  readonly route: string
  readonly body: Uint8Array
  readonly at: number
  /** the answer holds health information: a repeat is decided on anew and answered as things stand then */
  readonly isDecidedAnew: boolean
}

/**
 * `Idempotency-Key` (contract §1): same organisation, key and body → the first answer again; another body → 409. Keys are each
 * role's own within an organisation, or HR could ask for the answer that 産業医 got. Requests with one key that come together
 * wait for each other. The answer is kept sealed for a day.
 */
export class Idempotency {
  readonly #parts: Parts
  readonly #underWay = new Map<string, Promise<unknown>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async once(key: string | undefined, call: Repeatable, handle: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    if (key === undefined) return handle()
    if (!/^[\x21-\x7e]{1,64}$/u.test(key)) throw new Refusal('parameter-invalid', { at: ['Idempotency-Key'] })
    const { organization, party } = call.caller
    const id = this.#parts.record.keyring.mac('idempotency', organization, party, key)
    const before = this.#underWay.get(id) ?? Promise.resolve()
    // noted in the same turn in which it was asked for, so that no third one slips in between
    const running = before.then(
      () => this.#once(id, call, handle),
      () => this.#once(id, call, handle)
    )
    this.#underWay.set(id, running)
    try {
      return await running
    } finally {
      if (this.#underWay.get(id) === running) this.#underWay.delete(id)
    }
  }

  async #once(id: string, call: Repeatable, handle: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    const { keyring } = this.#parts.record
    const digest = createHash('sha256').update(call.body).digest('base64url')
    const bodyMac = keyring.mac('idempotent-body', call.route, digest)
    const kept = await this.#parts.answers.answer(id)
    if (!kept || kept.expiresAt <= call.at) return this.#first(id, bodyMac, call, handle)
    if (kept.bodyMac !== bodyMac) throw new Refusal('idempotency-conflict', { at: ['Idempotency-Key'] })
    const answer = call.isDecidedAnew
      ? await handle()
      : (JSON.parse(Buffer.from(keyring.open(this.#key(id), `answer|${id}`, kept.sealed)).toString()) as KeptAnswer)
    return { ...answer, headers: { ...answer.headers, 'idempotent-replay': 'true' } }
  }

  async #first(id: string, bodyMac: string, call: Repeatable, handle: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    const answer = await handle()
    const body = answer.body instanceof Uint8Array ? Buffer.from(answer.body).toString() : answer.body
    const shown = call.isDecidedAnew ? { status: answer.status } : { ...answer, body }
    const { keyring, log } = this.#parts.record
    const sealed = keyring.seal(this.#key(id), `answer|${id}`, Buffer.from(JSON.stringify(shown)))
    await log.note([{ table: 'answer', rows: [{ key: id, bodyMac, sealed, expiresAt: call.at + keptMs }] }])
    return answer
  }

  #key(id: string): Uint8Array {
    return derive(this.#parts.record.keyring.logKey, `answer${id}`)
  }
}
