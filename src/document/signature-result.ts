import type { Instant } from './ids.ts'

/**
 * What was found out about the author's signature, kept with the document (domain §7).
 * `assurance`: `organisation` = a key registered for the organisation; `certificate` = an X.509 path to a trust anchor;
 * `attested` = the gateway signed for a confirmed draft.
 */
export interface SignatureResult {
  readonly assurance: 'organisation' | 'certificate' | 'attested'
  readonly algorithm: string
  /** kid of the registered key, or SHA-256 of the leaf certificate in base64url */
  readonly key: string
  /** `who.identifier` of the signature */
  readonly signer: { readonly system: string; readonly value: string } | undefined
  /** subject of the leaf certificate (RFC 4514) */
  readonly certificateSubject?: string
  readonly certificateIssuer?: string
  /** claimed by the signer, within 24 h before and 5 minutes after receipt */
  readonly signedAt: Instant
  readonly verifiedAt: Instant
  /** SHA-256 of the canonical form, base64url */
  readonly digest: string
}
