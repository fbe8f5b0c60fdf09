/** A key of the gateway that can sign; where the private key lives (file, token, service) is the adapter's business. */
export interface Signer {
  readonly alg: 'ES256' | 'ES384' | 'RS256' | 'EdDSA'
  readonly kid: string
  /** JWS signature bytes over `input` (ECDSA as r‖s) */
  sign(input: Uint8Array): Uint8Array | Promise<Uint8Array>
}
