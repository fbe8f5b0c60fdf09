import { createHash, X509Certificate } from 'node:crypto'
import type { Instant } from '../document/ids.ts'
import type { ShownCertificate } from '../document/presented.ts'
import { parseItem, StructuredFieldError } from '../standards/structured-fields.ts'

export class CertificateError extends Error {
  override readonly name = 'CertificateError'
}

/**
 * The `x5t#S256` of a certificate that was shown: SHA-256 of its DER, base64url.
 * @returns undefined where none was
 * @throws CertificateError for a field that comes twice or is not one certificate, and outside of its validity
 * @see RFC 8705 section 3.1, RFC 9440 section 2.2
 */
export function certificateThumbprint(shown: ShownCertificate | undefined, now: Instant): string | undefined {
  if (shown === undefined) return undefined
  const der = shown.by === 'tls' ? shown.der : certificateIn(shown.fields)
  checkValidity(der, now)
  return createHash('sha256').update(der).digest('base64url')
}

/** A proxy that adds its field to the client's own, instead of taking that one's place, would let the client choose. */
function certificateIn([field, ...more]: readonly string[]): Uint8Array {
  if (field === undefined || more.length > 0) throw new CertificateError('Client-Cert comes twice')
  try {
    const { value } = parseItem(field)
    if (value instanceof Uint8Array) return value
  } catch (error) {
    if (!(error instanceof StructuredFieldError)) throw error
  }
  throw new CertificateError('Client-Cert is no byte sequence')
}

/** Connections live long, and a certificate that is bound by its thumbprint alone has no path that TLS would judge. */
function checkValidity(der: Uint8Array, now: Instant): void {
  const { validFromDate, validToDate, raw } = read(der)
  // two encodings of one certificate would have two thumbprints
  if (!raw.equals(der)) throw new CertificateError('more than a certificate')
  if (now < validFromDate.getTime() || now > validToDate.getTime()) throw new CertificateError('not valid now')
}

function read(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch {
    throw new CertificateError('no X.509 certificate')
  }
}
