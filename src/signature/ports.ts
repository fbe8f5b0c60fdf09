import type { KeyObject } from 'node:crypto'
import type { Instant } from '../document/ids.ts'
import type { AnchorRules } from './anchors.ts'
import type { CertificateFields } from './certificate-fields.ts'
import type { CertificateRule } from './rules.ts'

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

/** A path to a trust anchor whose signatures hold, with what it certifies. */
export interface CertificatePath {
  /** leaf first, the anchor last */
  readonly certificates: readonly CertificateFields[]
  /** SHA-256 of each, base64url */
  readonly hashes: readonly string[]
  /** what the anchor is believed */
  readonly rules: AnchorRules
  /** OIDs of policies that hold along the path; only accepted ones where the anchor has such */
  readonly policies: readonly string[]
  /** what the leaf says that its holder is (hcRole) */
  readonly roles: readonly string[]
}

/** `why` is for our own records: it names no one and is never sent. */
export interface CertificateRefusal {
  readonly kind: 'untrusted' | 'expired' | 'malformed'
  readonly why: string
  /** where there is a word of its own for it */
  readonly rule?: CertificateRule
}

export type CertificateAnswer =
  | { readonly kind: 'trusted'; readonly signer: CertifiedSigner; readonly path: CertificatePath }
  | CertificateRefusal

/**
 * Whether certificates (`x5c`: base64 DER, leaf first, each certifying the one before it) lead to a trust anchor, all
 * valid at that time.
 */
export type CertificateCheck = (x5c: readonly string[], at: Instant) => Promise<CertificateAnswer>

/** A CRL or an OCSP response as it was got: exact bytes. */
export interface RevocationData {
  readonly kind: 'crl' | 'ocsp'
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, base64url */
  readonly hash: string
}

/** Where revocation data comes from: at hand, or fetched in bounded time. Neither rejects; nothing that it gives is judged yet. */
export interface RevocationSource {
  /** @param uris where an authority says that its lists lie */
  crls(uris: readonly string[]): Promise<readonly RevocationData[]>
  ocsp(uris: readonly string[], request: Uint8Array): Promise<readonly RevocationData[]>
  /** This data was found to be signed by whom it says, and to speak for the certificate. */
  believed?(hash: string): void
  /** whether all that it has is to be looked at, not only the first, newest one that speaks for the certificate */
  readonly isComplete: boolean
}

export interface RevocationTimes {
  /** claimed by the signer */
  readonly signedAt: Instant
  /** the signature was made no later than this, by a time-stamp or by receipt; undefined: nothing proves it */
  readonly provenAt: Instant | undefined
  /** nothing may come from the future; undefined: not looked at */
  readonly now: Instant | undefined
}

export interface RevocationAnswer {
  readonly status: 'good' | 'revoked' | 'unknown'
  /** what says so */
  readonly evidence: readonly RevocationData[]
}

/** Whether a certificate of a path was revoked when it signed. */
export type RevocationCheck = (path: CertificatePath, times: RevocationTimes) => Promise<RevocationAnswer>

/** Whom this gateway believes when an organisation signs. */
export interface SignatureTrust {
  /** the key of this `kid` registered for the calling organisation, never for another */
  signingKey(kid: string): SigningKey | undefined
  readonly certificates: CertificateCheck
  /** undefined: revocation is not looked at, so that it stays unknown */
  readonly revocation?: RevocationCheck
}
