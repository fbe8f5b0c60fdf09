import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket, type TlsOptions } from 'node:tls'

/** What the server for HTTPS is made of, PEM. */
export interface Tls {
  readonly key: string
  readonly cert: string
  /** authorities to which certificates of clients must lead; undefined: who issued them does not count, only which they are */
  readonly clientCa: readonly string[] | undefined
}

/** Whoever is slower keeps a place of somebody else. */
const handshakeMs = 10_000

/**
 * Every client is asked for a certificate and none must have one: clients that prove themselves by DPoP, and people's browsers, come
 * through the same door. Nobody may show another one later on the same connection.
 * @see RFC 8705 section 7.1, RFC 9325 section 3.1
 */
export function tlsOptions({ key, cert, clientCa }: Tls): TlsOptions {
  return {
    key,
    cert,
    ...(clientCa && { ca: [...clientCa] }),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: handshakeMs,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION
  }
}

/** Asked on every call and the same for as long as a connection lives. */
const known = new WeakMap<Socket, Uint8Array | 'none'>()

/**
 * The certificate (DER) whose key the other end of a connection has proven to hold.
 * @returns undefined without one, and for one that does not lead to the authorities, where some are named
 */
export function peerOf(socket: Socket, { clientCa }: Pick<Tls, 'clientCa'>): Uint8Array | undefined {
  let peer = known.get(socket)
  if (peer === undefined) {
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
    const counts = certificate !== undefined && (clientCa === undefined || (socket as TLSSocket).authorized)
    peer = counts ? certificate.raw : 'none'
    known.set(socket, peer)
  }
  return peer === 'none' ? undefined : peer
}
