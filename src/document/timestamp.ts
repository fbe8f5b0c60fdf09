import type { Instant } from './ids.ts'

/** What a time-stamp that held says (RFC 3161). */
export interface Timestamp {
  /** genTime: the stamped bytes were there by then, give or take `accuracy` */
  readonly time: Instant
  /** milliseconds either way; 0 where the authority states none */
  readonly accuracy: number
  /** policy of the authority: dotted numbers */
  readonly policy: string
  /** subject of the certificate that signed the token (RFC 4514) */
  readonly authority: string
}

/** A document as far as the time of its signature is asked for. */
export interface Signed {
  /** when the gateway recorded it */
  readonly recordedAt: Instant
  /** over its signature; undefined: none, or none yet */
  readonly timestamp?: Timestamp | undefined
}

/** The signing time of a document: that of its time-stamp, else that of its receipt, never the signer's own (domain §7). */
export function signingTimeOf({ recordedAt, timestamp }: Signed): Instant {
  return timestamp?.time ?? recordedAt
}
