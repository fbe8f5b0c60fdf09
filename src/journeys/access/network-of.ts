import { isIP } from 'node:net'

/** Where a caller came from when that is not known, or when there are too many networks to tell them apart. */
export const anywhere = '0.0.0.0/0'

/**
 * The /24 (IPv4) or /48 (IPv6) that an address lies in, in CIDR notation. An IPv4 address written as IPv6 counts as what it is.
 * @param address as a socket tells it; undefined once it is gone
 */
export function networkOf(address: string | undefined): string {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/iu, '').replace(/%.*$/u, '')
  if (isIP(plain) === 4) return `${plain.split('.').slice(0, 3).join('.')}.0/24`
  if (isIP(plain) === 6) return `${firstGroups(plain).join(':')}::/48`
  return anywhere
}

function firstGroups(address: string): string[] {
  // the URL parser writes every spelling of an IPv6 address in the one of RFC 5952
  const [before = '', after = ''] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const groups = before === '' ? [] : before.split(':')
  const later = after === '' ? [] : after.split(':')
  const zeros = Array.from({ length: 8 - groups.length - later.length }, () => '0')
  return [...groups, ...zeros, ...later].slice(0, 3)
}
