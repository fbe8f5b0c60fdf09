import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { addressJudge, type Network } from './addresses.ts'

interface Address {
  readonly address: string
  readonly family: number
}

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>

export interface Asking {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** until the whole answer is there; milliseconds */
  readonly timeoutMs: number
  /** of an answer's body */
  readonly maxBytes: number
}

export interface Told {
  readonly status: number
  /** names in lower case; of several of one name the first */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** undefined: longer than was asked for */
  readonly body: Uint8Array | undefined
}

/** Calls of addresses that others gave us: no redirects, bounded time and size, only where we may. */
export interface Outbound {
  /** @returns undefined where no answer came, whatever the reason; never rejects */
  ask(url: string, asking: Asking): Promise<Told | undefined>
  close(): Promise<void>
}

/**
 * Outbound calls by undici. The address is judged after resolution and then pinned to the connection, so that a name which
 * answers otherwise the next time wins nothing.
 */
export function guardedOutbound(
  allow: readonly Network[],
  resolve: Resolve = hostname => lookup(hostname, { all: true })
): Outbound {
  const isAllowed = addressJudge(allow)
  const agent = new Agent({ connect: { timeout: 10_000, lookup: judgedLookup(resolve, isAllowed) } })
  return {
    async ask(url, { method, headers, body, timeoutMs, maxBytes }) {
      if (!mayCall(url, isAllowed)) return undefined
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const answer = await request(url, { method, headers, body: body ?? null, dispatcher: agent, signal })
        const read = await readAtMost(answer.body, maxBytes)
        return { status: answer.statusCode, headers: firstOf(answer.headers), body: read }
      } catch {
        return undefined
      }
    },
    close: () => agent.close()
  }
}

async function readAtMost(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.byteLength
    // leaving the loop closes the connection: the rest is not read
    if (size > maxBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const firstOf = (headers: Readonly<Record<string, string | string[] | undefined>>): Told['headers'] =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]))

/** A literal address is never looked up, so that it is judged here. */
function mayCall(text: string, isAllowed: (address: string) => boolean): boolean {
  const url = URL.parse(text)
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return false
  const host = url.hostname.replace(/^\[|\]$/gu, '')
  return isIP(host) === 0 || isAllowed(host)
}

function judgedLookup(resolve: Resolve, isAllowed: (address: string) => boolean): LookupFunction {
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
