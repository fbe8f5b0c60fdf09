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

/**
 * `Idempotency-Key` (contract §1): same organisation, key and body → the first answer again; another body → 409. Requests
 * with one key that come together wait for each other. The answer is kept sealed for a day.
 */
export class Idempotency {
  readonly #parts: Parts
  readonly #underWay = new Map<string, Promise<KeptAnswer>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async once(
    key: string | undefined,
    call: { readonly caller: Caller; readonly route: string; readonly body: Uint8Array; readonly at: number },
    handle: () => Promise<KeptAnswer>
  ): Promise<KeptAnswer> {
    if (key === undefined) return handle()
    if (!/^[\x21-\x7e]{1,64}$/u.test(key)) throw new Refusal('parameter-invalid', { at: ['Idempotency-Key'] })
    const { keyring } = this.#parts.record
    const id = keyring.mac('idempotency', call.caller.organization, key)
    const bodyMac = keyring.mac(
      'idempotent-body',
      call.route,
      createHash('sha256').update(call.body).digest('base64url')
    )
    for (;;) {
      const first = this.#underWay.get(id)
      if (!first) break
      await first.catch(() => undefined)
    }
    const kept = await this.#parts.answers.answer(id)
    if (kept && kept.expiresAt > call.at) {
      if (kept.bodyMac !== bodyMac) throw new Refusal('idempotency-conflict', { at: ['Idempotency-Key'] })
      const answer = JSON.parse(
        Buffer.from(keyring.open(this.#key(id), `answer|${id}`, kept.sealed)).toString()
      ) as KeptAnswer
      return { ...answer, headers: { ...answer.headers, 'idempotent-replay': 'true' } }
    }
    const running = this.#handle(id, bodyMac, call.at, handle)
    this.#underWay.set(id, running)
    try {
      return await running
    } finally {
      this.#underWay.delete(id)
    }
  }

  async #handle(id: string, bodyMac: string, at: number, handle: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    const answer = await handle()
    const body = answer.body instanceof Uint8Array ? Buffer.from(answer.body).toString() : answer.body
    const { keyring, log } = this.#parts.record
    const sealed = keyring.seal(this.#key(id), `answer|${id}`, Buffer.from(JSON.stringify({ ...answer, body })))
    await log.note([{ table: 'answer', rows: [{ key: id, bodyMac, sealed, expiresAt: at + keptMs }] }])
    return answer
  }

  #key(id: string): Uint8Array {
    return derive(this.#parts.record.keyring.logKey, `answer${id}`)
  }
}
