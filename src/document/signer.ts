/** What each key of the gateway signs (contract §3, `x-purpose`). One key a purpose, so that none can be passed off as another. */
export const keyPurposes = ['token', 'receipt', 'log', 'webhook', 'document'] as const
export type KeyPurpose = (typeof keyPurposes)[number]

/** A key of the gateway that can sign; where the private key lives (file, token, service) is the adapter's business. */
export interface Signer {
  readonly alg: 'ES256' | 'ES384' | 'RS256' | 'EdDSA'
  readonly kid: string
  /** JWS signature bytes over `input` (ECDSA as r‖s) */
  sign(input: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/**
 * The key that signs now: rotation changes it while the gateway runs. Ask once for each signature, since header and signature
 * must be of one key.
 */
export type CurrentSigner = () => Signer
