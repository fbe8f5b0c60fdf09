import type { Instant } from '../document/ids.ts'

const firstMs = 1_000
const longestMs = 15 * 60_000
const giveUpAfterMs = 72 * 3_600_000

export type Next = { readonly state: 'notified' | 'failed' } | { readonly state: 'waiting'; readonly dueAt: Instant }

/** What came back from an endpoint: a status, or nothing (no connection, no answer in time). */
export type Response = { readonly status: number } | undefined

/**
 * What an answer means for a delivery.
 * @param tries how often it was tried, this time included
 * @param jitter 0 ≤ jitter < 1, so that partners that were away are not all called at once
 */
export function nextOf(
  response: Response,
  tries: number,
  times: { readonly since: Instant; readonly now: Instant },
  jitter: number
): Next {
  const { since, now } = times
  if (response && response.status >= 200 && response.status < 300) return { state: 'notified' }
  const isTransient = response === undefined || [408, 425, 429].includes(response.status) || response.status >= 500
  if (!isTransient || now - since > giveUpAfterMs) return { state: 'failed' }
  const backoff = Math.min(longestMs, firstMs * 2 ** Math.min(tries - 1, 20))
  return { state: 'waiting', dueAt: now + Math.round(backoff * (0.5 + jitter / 2)) }
}
