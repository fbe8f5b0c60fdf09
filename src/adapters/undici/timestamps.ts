import type { TimestampService } from '../../journeys/time/ports.ts'
import type { Network } from './addresses.ts'
import { guardedOutbound, type Resolve } from './guarded.ts'

const maxBytes = 64 * 1024

export interface TimestampOptions {
  /** until the whole reply is there; milliseconds */
  readonly timeoutMs?: number
  readonly resolve?: Resolve
}

/** A time-stamping authority over HTTP (RFC 3161 section 3.4). Nothing that it does makes `ask` reject. */
export function undiciTimestamps(
  url: string,
  allow: readonly Network[],
  { timeoutMs = 5000, resolve }: TimestampOptions = {}
): TimestampService & { close(): Promise<void> } {
  const outbound = guardedOutbound(allow, resolve)
  const headers = { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' }
  return {
    async ask(query) {
      const told = await outbound.ask(url, { method: 'POST', headers, body: query, timeoutMs, maxBytes })
      const isReply = /^application\/timestamp-reply\s*(;|$)/iu.test(told?.headers['content-type'] ?? '')
      return told?.status === 200 && isReply ? told.body : undefined
    },
    close: () => outbound.close()
  }
}
