import { isIP } from 'node:net'
import type { Presented } from '../../document/presented.ts'
import { plainAddress } from '../../standards/networks.ts'

/** What the server knows of a request before it knows who sent it. */
export interface Arrived {
  readonly method: string
  /** path and query as they were sent */
  readonly target: string
  /** of the connection */
  readonly address: string
  /** DER of the certificate that the other end of the connection proved to hold, where it counts */
  readonly peer: Uint8Array | undefined
  /** names and values in turn, as they were sent */
  readonly rawHeaders: readonly string[]
}

/**
 * What a request presents. A proxy that we trust says whom it speaks for: its own certificate is nobody's, its `Client-Cert` and
 * what it added to `X-Forwarded-For` count. Both mean nothing when anyone else sends them.
 * @see RFC 9440 section 4
 */
export function presentedBy(arrived: Arrived, isProxy: (address: string) => boolean): Presented {
  const { method, target, address, peer, rawHeaders } = arrived
  const shown = { authorization: fields(rawHeaders, 'authorization'), dpop: fields(rawHeaders, 'dpop'), method, target }
  if (!isProxy(address)) return { ...shown, certificate: peer && { by: 'tls', der: peer }, address }
  const certificate = fields(rawHeaders, 'client-cert')
  return {
    ...shown,
    certificate: certificate.length > 0 ? { by: 'proxy', fields: certificate } : undefined,
    address: behind(address, fields(rawHeaders, 'x-forwarded-for'), isProxy)
  }
}

/** The nearest that is no proxy of ours: what stands before it was written by whoever that is. */
function behind(proxy: string, lists: readonly string[], isProxy: (address: string) => boolean): string {
  const hops = lists.flatMap(list => list.split(',')).map(hop => plainAddress(hop.trim()))
  let nearest = proxy
  for (const hop of hops.toReversed()) {
    if (isIP(hop) === 0) return nearest
    nearest = hop
    if (!isProxy(hop)) return nearest
  }
  return nearest
}

/** Node joins fields of one name or keeps the first; two must be seen as two. */
function fields(rawHeaders: readonly string[], name: string): readonly string[] {
  const found: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const each = rawHeaders[index]!
    if (each.length === name.length && each.toLowerCase() === name) found.push(rawHeaders[index + 1] ?? '')
  }
  return found
}
