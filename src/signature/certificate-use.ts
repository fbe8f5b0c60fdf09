import type { KeyObject } from 'node:crypto'
import type { Certificate } from 'pkijs'
import { weaknessOf as weaknessOfKey } from '../standards/public-key.ts'
import { type CertificateFields, constraintsOf, extendedUsagesOf, keyUsageOf, usages } from './certificate-fields.ts'
import type { CertificateRule } from './rules.ts'

/** How a certificate may be signed; also CRLs and OCSP responses. SHA-1 and MD5 are not among them. */
const strongSignatures = new Set([
  '1.2.840.113549.1.1.10', // RSASSA-PSS
  '1.2.840.113549.1.1.11', // RSA with SHA-256, -384, -512
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2', // ECDSA with SHA-256, -384, -512
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4'
])

export function weaknessOf({ signatureAlgorithm }: Certificate): string | undefined {
  return strongSignatures.has(signatureAlgorithm.algorithmId) ? undefined : 'a certificate is signed too weakly'
}

/** Authorities may have keys of kinds that sign nothing here, such as P-521; of these the length alone is looked at. */
export function weaknessOfKeys(keys: readonly KeyObject[]): string | undefined {
  const isShort = keys.some(key => (key.asymmetricKeyDetails?.modulusLength ?? 2048) < 2048)
  if (isShort) return 'an RSA key is shorter than 2048 bits'
  const weakness = keys.map(weaknessOfKey).find(why => why !== undefined && why !== 'kind')
  return weakness && `under a key of the path anybody can sign: ${weakness}`
}

/** Extensions that are looked at, here or by pkijs, and so may be critical. */
const understood: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.32', // certificatePolicies
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54' // inhibitAnyPolicy
])
const nameConstraints = '2.5.29.30'
/** purposes that go with signing documents: anyExtendedKeyUsage, emailProtection, id-kp-documentSigning (RFC 9336), Microsoft's */
const signingPurposes: ReadonlySet<string> = new Set([
  '2.5.29.37.0',
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.36',
  '1.3.6.1.4.1.311.10.3.12'
])

export interface PathFault {
  readonly why: string
  readonly rule: CertificateRule
}

/**
 * Extensions that nobody here understands. Name constraints are refused wherever they stand: to judge paths by them is
 * work that no authority in use here has asked for, and to pass over them would be wrong.
 * @param path leaf first, without the anchor
 */
export function unknownIn(path: readonly CertificateFields[]): PathFault | undefined {
  const extensions = path.flatMap(fields => [...fields.extensions.values()])
  if (extensions.some(({ oid }) => oid === nameConstraints))
    return unknownExtension('name constraints are not judged here')
  const isUnknown = extensions.some(({ isCritical, oid }) => isCritical && !understood.has(oid))
  return isUnknown ? unknownExtension('unknown critical extension') : undefined
}

const unknownExtension = (why: string): PathFault => ({ why, rule: 'sig-critical-extension' })
const notForSigning: PathFault = { why: 'the certificate is not for signing', rule: 'sig-key-usage' }

/** What makes a certificate none that signs documents. @throws DerError */
export function misuseOfSigner(leaf: CertificateFields): PathFault | undefined {
  if (constraintsOf(leaf).isAuthority) return { why: 'an authority signs no documents', rule: 'sig-key-usage' }
  const signing = usages.digitalSignature | usages.nonRepudiation
  if (((keyUsageOf(leaf) ?? 0) & signing) === 0) return notForSigning
  const purposes = extendedUsagesOf(leaf)
  return purposes?.some(purpose => signingPurposes.has(purpose)) === false ? notForSigning : undefined
}

/** pathLenConstraint (RFC 5280 section 4.2.1.9), which pkijs leaves alone. @param path leaf first, the anchor last */
export function keepsPathLengths(path: readonly CertificateFields[]): boolean {
  return path.every((fields, place) => {
    const limit = constraintsOf(fields).pathLength
    return limit === undefined || place - 1 <= limit
  })
}
