import type { KeyObject } from 'node:crypto'
import type { Instant } from '../document/ids.ts'

/** A public key that was registered for signing documents. */
export interface SigningKey {
  readonly key: KeyObject
  /** the only algorithm it may be used with, if its JWK names one */
  readonly alg?: string
}

/** What a certificate says of its holder, as far as a document can be compared with it. */
export interface CertifiedSigner {
  readonly key: KeyObject
  /** SHA-256 of the certificate, base64url */
  readonly thumbprint: string
  /** RFC 4514 */
  readonly subject: string
  readonly issuer: string
  /** serialNumber and organizationIdentifier of subject and directory names; further subjectAltNames as they are */
  readonly identifiers: readonly string[]
  readonly commonNames: readonly string[]
  readonly organizationNames: readonly string[]
}

/** `why` is for our own records: it names no one and is never sent. */
export type CertificateAnswer =
  | { readonly kind: 'trusted'; readonly signer: CertifiedSigner }
  | { readonly kind: 'untrusted' | 'expired' | 'malformed'; readonly why: string }

/**
 * Whether certificates (`x5c`: base64 DER, leaf first, each certifying the one before it) lead to a trust anchor, all
 * valid at that time.
 */
export type CertificateCheck = (x5c: readonly string[], at: Instant) => Promise<CertificateAnswer>

/** Whom this gateway believes when an organisation signs. */
export interface SignatureTrust {
  /** the key of this `kid` registered for the calling organisation, never for another */
  signingKey(kid: string): SigningKey | undefined
  readonly certificates: CertificateCheck
}
