import { BlockList, isIP } from 'node:net'

/** A network in CIDR notation. */
export interface Network {
  readonly address: string
  readonly prefix: number
}

/**
 * @returns whether an address lies in one of the networks; what is no address does not. An IPv4 address written as IPv6
 *   (`::ffff:10.0.0.1`) counts as what it is.
 * @see RFC 4632
 */
export function inNetworks(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList()
  for (const { address, prefix } of networks) list.addSubnet(address, prefix, familyOf(address))
  return text => {
    const address = plainAddress(text)
    return isIP(address) !== 0 && !address.includes('%') && list.check(address, familyOf(address))
  }
}

/** IPv4 as IPv4, also where a socket tells it as IPv6. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/iu, '')

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
