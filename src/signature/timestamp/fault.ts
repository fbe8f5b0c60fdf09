/** Why a time-stamp is not taken. Each is one question of RFC 3161 section 2.4.2 or 5652, or one of ours. */
export type TimestampFaultKind =
  /** not DER, not a reply or token, something behind its end, two signers */
  | 'malformed'
  | 'too-large'
  /** the authority did not grant it */
  | 'rejected'
  /** a version of reply, token or TSTInfo that is not known, or an extension that must be understood */
  | 'version'
  /** of other bytes, or made with another hash than asked for */
  | 'imprint'
  /** an answer to another question */
  | 'nonce'
  | 'policy'
  /** contentType, messageDigest or signing certificate missing, double or not of this token */
  | 'attributes'
  /** the certificate that the token names is not the one that signed, or is not in it */
  | 'signing-certificate'
  /** a hash, key or algorithm that no longer counts */
  | 'weak'
  | 'signature'
  /** the certificate leads to no anchor of tsa-roots.pem, or is not for time-stamping alone */
  | 'authority-untrusted'
  /** made outside the validity of the authority's certificates */
  | 'authority-expired'
  /** far from our own clock */
  | 'time'

export class TimestampFault extends Error {
  override readonly name = 'TimestampFault'
  readonly kind: TimestampFaultKind

  /** @param why for our own records; says nothing of what was stamped */
  constructor(kind: TimestampFaultKind, why: string) {
    super(why)
    this.kind = kind
  }
}
