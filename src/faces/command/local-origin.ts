import { isIPv6 } from 'node:net'

/** The origin of a gateway that was given none: where it listens. An IPv6 address stands in brackets (RFC 3986 section 3.2.2). */
export const localOrigin = ({
  host,
  port,
  isTls = false
}: {
  readonly host: string
  readonly port: number
  readonly isTls?: boolean
}): string => `${isTls ? 'https' : 'http'}://${isIPv6(host) ? `[${host}]` : host}:${port}`
