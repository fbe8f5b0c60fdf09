import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import type { Webhooks } from '../../deliver/ports.ts'
import { addressJudge, type Network } from './addresses.ts'

const maxAnswerBytes = 64 * 1024

interface Address {
  readonly address: string
  readonly family: number
}

export interface WebhookOptions {
  /** until the whole answer is there; milliseconds */
  readonly timeoutMs?: number
  /** every address of a name */
  readonly resolve?: (hostname: string) => Promise<readonly Address[]>
}

/**
 * Webhooks by undici: no redirects, bounded time, the address judged after resolution and then pinned to the connection.
 * Nothing that an endpoint does, nor a URL that is none, makes `post` reject.
 */
export function undiciWebhooks(
  allow: readonly Network[],
  { timeoutMs = 10_000, resolve = hostname => lookup(hostname, { all: true }) }: WebhookOptions = {}
): Webhooks & { close(): Promise<void> } {
  const isAllowed = addressJudge(allow)
  const agent = new Agent({ connect: { timeout: timeoutMs, lookup: judgedLookup(resolve, isAllowed) } })
  return {
    async post(url, headers, body) {
      if (!mayCall(url, isAllowed)) return undefined
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const answer = await request(url, { method: 'POST', headers, body, dispatcher: agent, signal })
        await answer.body.dump({ limit: maxAnswerBytes, signal })
        return { status: answer.statusCode }
      } catch {
        return undefined
      }
    },
    close: () => agent.close()
  }
}

/** A literal address is never looked up, so that it is judged here. */
function mayCall(text: string, isAllowed: (address: string) => boolean): boolean {
  const url = URL.parse(text)
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return false
  const host = url.hostname.replace(/^\[|\]$/gu, '')
  return isIP(host) === 0 || isAllowed(host)
}

/** Gives the socket only addresses that were judged, so that a name which answers otherwise the next time wins nothing. */
function judgedLookup(
  resolve: NonNullable<WebhookOptions['resolve']>,
  isAllowed: (address: string) => boolean
): LookupFunction {
  const judged = async (hostname: string): Promise<Address[]> =>
    (await resolve(hostname)).filter(({ address }) => isAllowed(address))
  return (hostname, options, done) => {
    judged(hostname).then(
      found => {
        const [first] = found
        if (!first) done(new Error('no address of this name may be called'), '', 0)
        else if (options.all) done(null, found)
        else done(null, first.address, first.family)
      },
      (error: Error) => done(error, '', 0)
    )
  }
}
