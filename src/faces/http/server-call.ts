import type { FastifyRequest } from 'fastify'
import { as, type RequestId } from '../../document/ids.ts'
import type { Presented } from '../../document/presented.ts'
import type { BrowserCall } from '../../journeys/person/enter.ts'
import { presentedBy } from './presented.ts'
import type { Call } from './route.ts'
import { peerOf, type Tls } from './tls.ts'

/** A request in plain values. */
export function callOf(request: FastifyRequest): Call {
  const { url } = request
  const mark = url.indexOf('?')
  return {
    request: as<RequestId>(request.id),
    target: `${request.method} ${mark === -1 ? url : url.slice(0, mark)}`,
    at: request.startedAt,
    address: request.presented.address,
    presented: request.presented,
    params: request.params as Record<string, string>,
    query: queryOf(url),
    headers: request.headers as Record<string, string | undefined>,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  }
}

/** The same for a call that comes with the cookie of a session. */
export function browserCallOf({ method, headers, startedAt, presented: { address } }: FastifyRequest): BrowserCall {
  return { method, headers: headers as Record<string, string | undefined>, at: startedAt, address }
}

/** What is known of bytes that are no request. */
export const noCall = (address: string) => ({
  target: '',
  params: {},
  query: new URLSearchParams(),
  headers: {},
  body: new Uint8Array(),
  address,
  presented: { authorization: [], dpop: [], method: '', target: '', certificate: undefined, address }
})

/** What came with a request to tell who sends it. */
export function presentedIn(
  { raw }: FastifyRequest,
  { tls, isProxy }: { readonly tls: Tls | undefined; readonly isProxy: (address: string) => boolean }
): Presented {
  const { method = '', url = '', socket, rawHeaders } = raw
  const address = socket.remoteAddress ?? ''
  return presentedBy({ method, target: url, address, peer: tls && peerOf(socket, tls), rawHeaders }, isProxy)
}

export function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf('?')
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1))
}
