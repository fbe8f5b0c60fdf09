import type { Instant } from '../../document/ids.ts'
import { DerError } from '../../standards/der-element.ts'
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
 * on hold is revoked. What was revoked later was good when it signed; where no time is proven, whatever is revoked counts, since
 * the holder of a stolen key may claim any time. `good` is said by lists and answers that speak for that time: the next one was
 * not due before it, and this one was made before the certificate ended, since authorities may drop what has expired. An old one
 * may still tell of a revocation, but for a hold, which ends. What is not usable says nothing.
 * @see RFC 5280 section 6.3.3, RFC 6960 section 3.2
 */
export async function judge(
  data: RevocationData,
  certificate: CertificateFields,
  issuer: CertificateFields,
  times: RevocationTimes,
  openCrl: OpenCrl
): Promise<Status> {
  try {
    if (data.kind === 'crl') return fromCrl(await openCrl(data, issuer), certificate, times)
    return await fromOcsp(data.bytes, certificate, issuer, times)
  } catch (error) {
    if (error instanceof CrlError || error instanceof OcspError || error instanceof DerError) return 'unknown'
    throw error
  }
}

function fromCrl(crl: Crl, certificate: CertificateFields, times: RevocationTimes): Status {
  if (!isInScope(crl, certificate)) return 'unknown'
  const entry = crl.entry(certificate.serial)
  const since = entry && Math.min(entry.revokedAt, entry.invalidAt ?? entry.revokedAt)
  return statusAt(crl, certificate, times, since, entry?.reason)
}

async function fromOcsp(
  bytes: Uint8Array,
  certificate: CertificateFields,
  issuer: CertificateFields,
  times: RevocationTimes
): Promise<Status> {
  const answer = await readOcsp(bytes, certificate, issuer)
  const { status } = answer
  if (status.is === 'revoked') return statusAt(answer, certificate, times, status.revokedAt, status.reason)
  return status.is === 'good' ? statusAt(answer, certificate, times, undefined, undefined) : 'unknown'
}

type Status = RevocationAnswer['status']

const certificateHold = 6

/** @param since when it was revoked; undefined: it is not */
function statusAt(
  { thisUpdate, nextUpdate }: Updates,
  { notAfter }: CertificateFields,
  { signedAt, provenAt, now }: RevocationTimes,
  since: Instant | undefined,
  reason: number | undefined
): Status {
  if (now !== undefined && thisUpdate > now + maxAheadMs) return 'unknown'
  const isCurrent = (nextUpdate ?? thisUpdate) >= (provenAt ?? signedAt)
  const isRevoked = since !== undefined && (provenAt === undefined || since <= provenAt)
  if (isRevoked) return isCurrent || reason !== certificateHold ? 'revoked' : 'unknown'
  return isCurrent && thisUpdate <= notAfter ? 'good' : 'unknown'
}

/** issuingDistributionPoint (RFC 5280 section 6.3.3, step b) */
function isInScope({ scope }: Crl, certificate: CertificateFields): boolean {
  const { isAuthority } = constraintsOf(certificate)
  if (scope.only !== undefined && (scope.only === 'authorities') !== isAuthority) return false
  return scope.uris === undefined || crlUrisOf(certificate).some(uri => scope.uris!.includes(uri))
}
