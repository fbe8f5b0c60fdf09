import { BlockList, isIP } from 'node:net'

/** A network in CIDR notation. */
export interface Network {
  readonly address: string
  readonly prefix: number
}

/**
 * Networks that no partner's endpoint lies in: private, link-local, loopback, documentation and the like, and those in which an
 * IPv6 address carries an IPv4 address that nobody would judge.
 * @see RFC 6890, RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo)
 */
const closedNetworks: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8]
]

/**
 * @param allow networks that configuration opens though they are closed otherwise
 * @returns whether an address may be called; what is no address may not. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is
 *   judged as the IPv4 address that it is.
 */
export function addressJudge(allow: readonly Network[]): (address: string) => boolean {
  const closed = blockList(closedNetworks)
  const open = blockList(allow.map(({ address, prefix }) => [address, prefix] as const))
  return address => {
    const version = isIP(address)
    if (version === 0 || address.includes('%')) return false
    const family = version === 6 ? 'ipv6' : 'ipv4'
    return open.check(address, family) || !closed.check(address, family)
  }
}

function blockList(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return list
}
