/** What came with a call and may tell who calls, in plain values; nothing of it is believed yet. */
export interface Presented {
  /** every field of that name, so that two are seen as two */
  readonly authorization: readonly string[]
  /** likewise (RFC 9449 section 4.1) */
  readonly dpop: readonly string[]
  readonly method: string
  /** path and query as they were sent */
  readonly target: string
  readonly certificate: ShownCertificate | undefined
  /** of the caller, as far as it is known */
  readonly address: string
}

/**
 * A certificate whose key the client has proven to hold: to us in the TLS handshake, or to a proxy that we trust and that says so
 * in `Client-Cert` (RFC 9440). Fields of anyone else never come here.
 */
export type ShownCertificate =
  | { readonly by: 'tls'; readonly der: Uint8Array }
  | { readonly by: 'proxy'; readonly fields: readonly string[] }
