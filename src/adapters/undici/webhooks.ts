import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { Agent, request } from 'undici'
import type { Webhooks } from '../../deliver/ports.ts'

const timeoutMs = 10_000

/** Networks that no partner's endpoint lies in: private, link-local, loopback and the like (RFC 6890). */
const privateNetworks: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8]
]

/** Webhooks by undici: no redirects, bounded time, the address judged after resolution and then pinned to the connection. */
export function undiciWebhooks(
  allow: readonly { readonly address: string; readonly prefix: number }[]
): Webhooks & { close(): Promise<void> } {
  const isAllowed = addressJudge(allow)
  const agent = new Agent({
    connect: {
      timeout: timeoutMs,
      lookup: (hostname, options, done) => {
        lookup(hostname, { ...options, all: true }).then(
          found => {
            const open = found.filter(({ address }) => isAllowed(address))
            const [first] = open
            if (!first) return done(new Error('address not allowed'), '', 0)
            if (options.all) return done(null, open as never)
            done(null, first.address, first.family)
          },
          error => done(error as Error, '', 0)
        )
      }
    }
  })
  return {
    async post(url, headers, body) {
      const { hostname, protocol } = new URL(url)
      const bare = hostname.replace(/^\[|\]$/gu, '')
      if (protocol !== 'https:' && protocol !== 'http:') return undefined
      // a literal address never asks `lookup`
      if (isIP(bare) !== 0 && !isAllowed(bare)) return undefined
      try {
        const answer = await request(url, {
          method: 'POST',
          headers,
          body,
          dispatcher: agent,
          signal: AbortSignal.timeout(timeoutMs)
        })
        await answer.body.dump({ limit: 64 * 1024 })
        return { status: answer.statusCode }
      } catch {
        return undefined
      }
    },
    close: () => agent.close()
  }
}

/** @returns whether an address may be called: every public one, and those of the networks that configuration allows */
export function addressJudge(
  allow: readonly { readonly address: string; readonly prefix: number }[]
): (address: string) => boolean {
  const refused = blockList(privateNetworks)
  const allowed = blockList(allow.map(({ address, prefix }) => [address, prefix] as const))
  return address => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/iu, '')
    const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4'
    return allowed.check(plain, family) || !refused.check(plain, family)
  }
}

function blockList(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return list
}
