import type { Webhooks } from '../../deliver/ports.ts'
import type { Network } from './addresses.ts'
import { guardedOutbound, type Resolve } from './guarded.ts'

const maxBytes = 64 * 1024

export interface WebhookOptions {
  /** until the whole answer is there; milliseconds */
  readonly timeoutMs?: number
  readonly resolve?: Resolve
}

/** Webhooks: nothing that an endpoint does, nor a URL that is none, makes `post` reject. */
export function undiciWebhooks(
  allow: readonly Network[],
  { timeoutMs = 10_000, resolve }: WebhookOptions = {}
): Webhooks & { close(): Promise<void> } {
  const outbound = guardedOutbound(allow, resolve)
  return {
    async post(url, headers, body) {
      const told = await outbound.ask(url, { method: 'POST', headers, body, timeoutMs, maxBytes })
      return told && { status: told.status }
    },
    close: () => outbound.close()
  }
}
