import type { Kind } from '../../document/kind.ts'
import { isMedicalCertificate } from '../../document/signature-policy.ts'
import { assuranceOf, type SignatureResult } from '../../document/signature-result.ts'
import type { SignatureDescribed } from '../../view/metadata.ts'
import type { Parts } from '../parts.ts'

/** What author and worker are told of a signature. @param isStamped whether it has a time-stamp, which held when it came */
export function describeSignature(
  { signaturePolicy }: Pick<Parts, 'signaturePolicy'>,
  kind: Kind,
  signature: SignatureResult,
  isStamped: boolean
): SignatureDescribed {
  return {
    assurance: assuranceOf(signature, isStamped),
    revocation: signature.path?.revocation.status,
    isMedicalCertificate: isMedicalCertificate(kind, signature, isStamped, signaturePolicy)
  }
}
