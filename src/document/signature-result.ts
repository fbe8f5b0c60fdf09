import type { Instant } from './ids.ts'

/**
 * What stands behind a signature. `attested` = the gateway signed for a confirmed draft; `organisation` = a key registered for the
 * organisation; `certificate` = an X.509 path to a trust anchor; `qualified` = such a path that proves a national qualification,
 * not revoked when it signed, and a time-stamp over the signature.
 */
export type Assurance = 'attested' | 'organisation' | 'certificate' | 'qualified'

/** What was found out about the author's signature, kept with the document (domain §7). */
export interface SignatureResult {
  readonly assurance: Assurance
  readonly algorithm: string
  /** kid of the registered key, or SHA-256 of the leaf certificate in base64url */
  readonly key: string
  /** `who.identifier` of the signature */
  readonly signer: { readonly system: string; readonly value: string } | undefined
  /** subject of the leaf certificate (RFC 4514) */
  readonly certificateSubject?: string
  readonly certificateIssuer?: string
  /** what its certificates say; undefined: signed with a registered key */
  readonly path?: PathResult
  /** claimed by the signer, within 24 h before and 5 minutes after receipt */
  readonly signedAt: Instant
  readonly verifiedAt: Instant
  /** SHA-256 of the canonical form, base64url */
  readonly digest: string
}

/** What the path of certificates says, in a form that can be looked at again without asking anybody. */
export interface PathResult {
  /** SHA-256 of each certificate, base64url: leaf first, the anchor last */
  readonly certificates: readonly string[]
  /** OIDs of certificate policies that hold along the path */
  readonly policies: readonly string[]
  /** what the leaf says that its holder is (hcRole) */
  readonly roles: readonly string[]
  /** an anchor that is believed in this, one of its policies and one of its roles */
  readonly isQualification: boolean
  readonly revocation: RevocationResult
}

/** Whether a certificate of the path was revoked when it signed; a document whose was is refused. */
export interface RevocationResult {
  readonly status: 'good' | 'unknown'
  readonly checkedAt: Instant
  /** the lists and answers that say so: SHA-256 of their bytes, base64url; the bytes are kept once for all documents */
  readonly evidence: readonly { readonly kind: 'crl' | 'ocsp'; readonly hash: string }[]
}

/**
 * @param isStamped whether a time-stamp over the signature holds (RFC 3161)
 * @returns `qualified` where everything is there that it takes
 */
export function assuranceOf(
  { assurance, path }: Pick<SignatureResult, 'assurance' | 'path'>,
  isStamped: boolean
): Assurance {
  const isQualified = isStamped && path?.isQualification === true && path.revocation.status === 'good'
  return isQualified ? 'qualified' : assurance
}
