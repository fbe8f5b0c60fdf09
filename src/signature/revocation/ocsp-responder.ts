import type { KeyObject } from 'node:crypto'
import type { Instant } from '../../document/ids.ts'
import { DerReader, tags } from '../../standards/der-reader.ts'
import type { CertificateFields } from '../certificate-fields.ts'
import { extendedUsagesOf, keyUsageOf, readFields, usages } from '../certificate-fields.ts'
import { isSignedBy, keyFrom, readSigned } from './signed.ts'

const ocspSigning = '1.3.6.1.5.5.7.3.9'
const noCheck = '1.3.6.1.5.5.7.48.1.5'

/**
 * Whether this certificate makes its holder a responder of the issuer: given by that very issuer for OCSP signing, valid when it
 * answered, and free of revocation checks of its own (`id-pkix-ocsp-nocheck`), since those would go round in a circle.
 * @returns its key
 * @throws DerError
 * @see RFC 6960 section 4.2.2.2
 */
export async function isResponder(
  der: Uint8Array,
  issuer: CertificateFields,
  at: Instant
): Promise<KeyObject | undefined> {
  const fields = readFields(der)
  if (!Buffer.from(fields.issuer).equals(issuer.subject)) return undefined
  if (extendedUsagesOf(fields)?.includes(ocspSigning) !== true || !fields.extensions.has(noCheck)) return undefined
  if (((keyUsageOf(fields) ?? usages.digitalSignature) & usages.digitalSignature) === 0) return undefined
  if (at < fields.notBefore || at > fields.notAfter) return undefined
  const signed = readSigned(der, new DerReader(der).enter(tags.sequence))
  return (await isSignedBy(der, signed, keyFrom(issuer.spki))) ? keyFrom(fields.spki) : undefined
}
