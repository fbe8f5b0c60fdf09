import type { Instant } from '../../document/ids.ts'
import { DerError } from '../../standards/der-reader.ts'
import { type CertificateFields, constraintsOf } from '../certificate-fields.ts'
import type { RevocationAnswer, RevocationData, RevocationTimes } from '../ports.ts'
import { type Crl, CrlError, crlUrisOf, type Updates } from './crl.ts'
import { OcspError, readOcsp } from './ocsp.ts'

/** Clocks may differ by so much (domain §7). */
const maxAheadMs = 5 * 60_000

/** Opens a CRL of this issuer, or gives the one that it opened before. @throws CrlError, DerError */
export type OpenCrl = (data: RevocationData, issuer: CertificateFields) => Promise<Crl>

/**
 * What a list or answer says of a certificate at a time that is proven: the signature was made no later than `provenAt`.
 *
 * Revoked is what was revoked up to then, or may not be believed since then (invalidityDate, whatever the reason); a certificate
 * on hold is revoked. What was revoked later was good when it signed. `good` and `unknown` are said of lists and answers that
 * speak for that time: the next one was not due before it, and this one was made before the certificate ended, since authorities
 * may drop what has expired. What is not usable says nothing.
 * @see RFC 5280 section 6.3.3, RFC 6960 section 3.2
 */
export async function judge(
  data: RevocationData,
  certificate: CertificateFields,
  issuer: CertificateFields,
  times: RevocationTimes,
  openCrl: OpenCrl
): Promise<RevocationAnswer['status']> {
  try {
    const found = await (data.kind === 'crl'
      ? fromCrl(await openCrl(data, issuer), certificate, times)
      : fromOcsp(data.bytes, certificate, issuer, times))
    return found
  } catch (error) {
    if (error instanceof CrlError || error instanceof OcspError || error instanceof DerError) return 'unknown'
    throw error
  }
}

function fromCrl(crl: Crl, certificate: CertificateFields, times: RevocationTimes): RevocationAnswer['status'] {
  if (!isInScope(crl, certificate) || !isFor(crl, certificate, times)) return 'unknown'
  const entry = crl.entry(certificate.serial)
  if (!entry) return 'good'
  return isBefore(Math.min(entry.revokedAt, entry.invalidAt ?? entry.revokedAt), times)
}

async function fromOcsp(
  bytes: Uint8Array,
  certificate: CertificateFields,
  issuer: CertificateFields,
  times: RevocationTimes
): Promise<RevocationAnswer['status']> {
  const answer = await readOcsp(bytes, certificate, issuer)
  if (!isFor(answer, certificate, times)) return 'unknown'
  const { status } = answer
  return status.is === 'revoked' ? isBefore(status.revokedAt, times) : status.is
}

const isBefore = (revokedAt: Instant, { provenAt }: RevocationTimes) => (revokedAt <= provenAt ? 'revoked' : 'good')

function isFor({ thisUpdate, nextUpdate }: Updates, { notAfter }: CertificateFields, times: RevocationTimes): boolean {
  const { provenAt, now } = times
  if (thisUpdate > now + maxAheadMs || thisUpdate > notAfter) return false
  return (nextUpdate ?? thisUpdate) >= provenAt
}

/** issuingDistributionPoint (RFC 5280 section 6.3.3, step b) */
function isInScope({ scope }: Crl, certificate: CertificateFields): boolean {
  const { isAuthority } = constraintsOf(certificate)
  if (scope.only !== undefined && (scope.only === 'authorities') !== isAuthority) return false
  return scope.uris === undefined || crlUrisOf(certificate).some(uri => scope.uris!.includes(uri))
}
