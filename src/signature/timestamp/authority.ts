import type { Certificate } from 'pkijs'
import { type CertificateParts, readCertificate } from './certificate.ts'
import { TimestampFault } from './fault.ts'
import { extensionTypes, timeStamping } from './identifiers.ts'
import type { SignedToken } from './signed-data.ts'

/** The certificate of a token's signer. @throws DerError, TimestampFault `signing-certificate` */
export function signerOf({ certificates, signer }: SignedToken): {
  readonly signer: CertificateParts
  readonly all: readonly CertificateParts[]
} {
  const all = certificates.map(readCertificate)
  const found = all.filter(each =>
    'keyIdentifier' in signer
      ? each.keyIdentifier !== undefined && isSame(each.keyIdentifier, signer.keyIdentifier)
      : isSame(each.issuer, signer.issuer) && isSame(each.serial, signer.serial)
  )
  const [only, ...others] = found
  if (!only || others.length > 0)
    throw new TimestampFault('signing-certificate', 'the certificate of the signer is not in the token')
  return { signer: only, all }
}

/** Longest path that is followed, its anchor not counted. */
const longest = 5

/**
 * Certificates of a token in the order in which each certifies the one before it, base64, as `CertificateCheck` takes them. They
 * stand in the token in no order; the root, which proves nothing, is left away.
 */
export function pathOf(signer: CertificateParts, all: readonly CertificateParts[]): readonly string[] {
  const path = [signer]
  for (let last = signer; path.length < longest; ) {
    const next = all.find(each => isSame(each.subject, last.issuer) && !path.includes(each))
    if (!next || isSame(next.subject, next.issuer)) break
    path.push(next)
    last = next
  }
  return path.map(({ der }) => Buffer.from(der).toString('base64'))
}

/** extensions of an authority's certificate that are looked at, and so may be critical */
const understood = ['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.32', extensionTypes.extendedKeyUsage]

/**
 * Whether a certificate is for time-stamping and for nothing else: critical, so that no other use of the key can put a signature
 * under a TSTInfo.
 * @returns why not
 * @see RFC 3161 section 2.3
 */
export function timestampMisuse({ extensions = [] }: Certificate): string | undefined {
  const find = (type: string) => extensions.find(({ extnID }) => extnID === type)
  if (extensions.some(({ critical, extnID }) => critical && !understood.includes(extnID)))
    return 'unknown critical extension'
  const purpose = find(extensionTypes.extendedKeyUsage)
  const purposes: readonly string[] = purpose?.parsedValue?.keyPurposes ?? []
  if (!purpose?.critical || purposes.length !== 1 || purposes[0] !== timeStamping)
    return 'the certificate is not for time-stamping alone'
  if (find('2.5.29.19')?.parsedValue?.cA) return 'an authority of certificates stamps no time'
  const usage = find('2.5.29.15')?.parsedValue
  if (usage === undefined) return undefined
  // digitalSignature is the first bit, nonRepudiation the second (RFC 5280 section 4.2.1.3)
  const [bits = 0, ...more] = new Uint8Array(usage.valueBlock?.valueHexView ?? [])
  const isForSigning = (bits & 0b1100_0000) !== 0 && (bits & 0b0011_1111) === 0 && more.every(each => each === 0)
  return isForSigning ? undefined : 'the key is not for signing alone'
}

export const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0
