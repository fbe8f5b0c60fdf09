import type { KeySetSource } from '../../authenticate/ports.ts'
import type { Network } from './addresses.ts'
import { guardedOutbound, type Resolve } from './guarded.ts'

const maxBytes = 64 * 1024
const headers = { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' }

export interface KeySetOptions {
  /** until the whole answer is there; milliseconds */
  readonly timeoutMs?: number
  readonly resolve?: Resolve
}

/**
 * Fetches key sets that clients publish: as webhooks are called, so without redirects and only where we may. The type of the answer is
 * not looked at, since many servers know none for key sets.
 */
export function undiciKeySets(
  allow: readonly Network[],
  { timeoutMs = 3000, resolve }: KeySetOptions = {}
): KeySetSource & { close(): Promise<void> } {
  const outbound = guardedOutbound(allow, resolve)
  return {
    async fetch(url) {
      const told = await outbound.ask(url, { method: 'GET', headers, timeoutMs, maxBytes })
      const isPlain = told?.status === 200 && (told.headers['content-encoding'] ?? 'identity') === 'identity'
      if (!isPlain || told.body === undefined) return undefined
      return { body: told.body, maxAgeSeconds: maxAgeIn(told.headers['cache-control']) }
    },
    close: () => outbound.close()
  }
}

/** RFC 9111 section 5.2.2; what may not be kept at all lives as short as can be. */
function maxAgeIn(header = ''): number | undefined {
  const directives = header
    .toLowerCase()
    .split(',')
    .map(each => each.trim())
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0
  const found = directives.map(each => /^max-age="?(\d{1,10})"?$/u.exec(each)?.[1]).find(Boolean)
  return found === undefined ? undefined : Number(found)
}
