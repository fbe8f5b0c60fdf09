import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import type { Certificate } from 'pkijs'
import type { Instant } from '../document/ids.ts'
import { decodeBase64 } from '../standards/base64.ts'
import { EncodingError } from '../standards/base64url.ts'
import { certifiedSigner } from './certificate-names.ts'
import type { CertificateAnswer, CertificateCheck, CertifiedSigner } from './ports.ts'

const maxCertificates = 5
const maxCertificateBytes = 8192

/** A path that leads to an anchor, and the time in which all of its certificates are valid. */
interface Path {
  readonly signer: CertifiedSigner
  readonly from: Instant
  readonly until: Instant
}

/** @returns why the holder of this certificate may not do what it did; undefined: it may */
export type Misuse = (leaf: Certificate) => string | undefined

/**
 * Checks certificates against these trust anchors, at the time of signing.
 *
 * Paths that hold are kept, with their common time of validity, by the SHA-256 of their certificates; the anchors do
 * not change during the life of a check, so they are part of every key. Those that do not hold are looked at anew.
 * Revocation and hcRole are not looked at here.
 * @param anchors certificates in DER (`readRoots`)
 * @param misuse what the signer's own certificate must be for; without it: for signing documents
 * @see RFC 5280 section 6; RFC 7515 section 4.1.6
 */
export function certificateCheck(
  anchors: readonly Uint8Array[],
  { maxPaths = 1000, misuse = misuseOf }: { maxPaths?: number; misuse?: Misuse } = {}
): CertificateCheck {
  const paths = new Map<string, Path>()

  return async (x5c, at) => {
    const chain = decodeChain(x5c)
    if (!chain) return { kind: 'malformed', why: 'x5c is not a short list of certificates in base64' }
    const key = createHash('sha256').update(x5c.join('.')).digest('base64')
    const known = paths.get(key)
    const path = known ?? (await findPath(chain, anchors, at, misuse))
    if ('kind' in path) return path
    // the newest stands last, so that the first is the one not used for the longest time
    paths.delete(key)
    paths.set(key, path)
    if (paths.size > maxPaths) paths.delete(paths.keys().next().value!)
    if (at < path.from || at > path.until) return { kind: 'expired', why: 'signed outside the validity of the path' }
    return { kind: 'trusted', signer: path.signer }
  }
}

function decodeChain(x5c: readonly string[]): readonly Buffer[] | undefined {
  if (x5c.length === 0 || x5c.length > maxCertificates) return undefined
  try {
    const chain = x5c.map(decodeBase64)
    return chain.every(({ length }) => length > 0 && length <= maxCertificateBytes) ? chain : undefined
  } catch (error) {
    if (error instanceof EncodingError) return undefined
    throw error
  }
}

async function findPath(
  chain: readonly Buffer[],
  anchors: readonly Uint8Array[],
  at: Instant,
  misuse: Misuse
): Promise<Path | CertificateAnswer> {
  // needed by signers with certificates alone, and slow to load
  const pkijs = await import('pkijs')
  let certificates: Certificate[]
  let keys: KeyObject[]
  try {
    const parsed = chain.map(der => new X509Certificate(der))
    // one reader must not see more or less than the other
    if (!parsed.every(({ raw }, i) => raw.equals(chain[i]!))) throw new TypeError('more than a certificate')
    certificates = chain.map(der => pkijs.Certificate.fromBER(der))
    keys = parsed.map(({ publicKey }) => publicKey)
  } catch {
    return { kind: 'malformed', why: 'a certificate cannot be read' }
  }
  const weakness = certificates.map(weaknessOf).find(why => why !== undefined) ?? weaknessOfKeys(keys)
  if (weakness) return { kind: 'untrusted', why: weakness }
  const [leaf, ...authorities] = certificates as [Certificate, ...Certificate[]]
  const why = misuse(leaf)
  if (why) return { kind: 'untrusted', why }

  const validity = commonValidity(certificates)
  if (validity.from > validity.until) return { kind: 'untrusted', why: 'never valid at one time' }
  // An expired path is looked at while it was valid: that it led nowhere even then is the worse news.
  const checkDate = new Date(Math.min(Math.max(at, validity.from), validity.until))
  const trustedCerts = anchors.map(der => pkijs.Certificate.fromBER(der))
  const engine = new pkijs.CertificateChainValidationEngine({
    trustedCerts,
    certs: [...authorities.toReversed(), leaf],
    checkDate,
    findIssuer: nextInLine(certificates, trustedCerts)
  })
  const { result, resultCode, certificatePath } = await engine.verify()
  if (!result || !certificatePath) return { kind: 'untrusted', why: `path validation ended with ${resultCode}` }
  // pkijs drops doubles and then takes whatever stands last for the leaf.
  if (certificatePath[0] !== leaf) return { kind: 'untrusted', why: 'the path is not that of the signer' }
  if (!keepsPathLengths(certificatePath))
    return { kind: 'untrusted', why: 'a path is longer than its authority allows' }
  return { signer: certifiedSigner(leaf, keys[0]!, chain[0]!), ...commonValidity(certificatePath) }
}

/**
 * The issuer of a certificate is an anchor or the next of x5c (RFC 7515), nothing else. Left to itself pkijs tries all,
 * and two certificates that name each other as issuer keep it busy for ever.
 */
function nextInLine(chain: readonly Certificate[], anchors: readonly Certificate[]) {
  return async (certificate: Certificate): Promise<Certificate[]> => {
    const place = chain.indexOf(certificate)
    const next = place < 0 ? undefined : chain[place + 1]
    const issuers: Certificate[] = []
    for (const candidate of next ? [...anchors, next] : anchors) {
      if (certificate.issuer.isEqual(candidate.subject) && (await isSignedBy(certificate, candidate))) {
        issuers.push(candidate)
      }
    }
    return issuers
  }
}

async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  try {
    return await certificate.verify(issuer)
  } catch {
    return false // a key that is not for this algorithm
  }
}

const strongSignatures = new Set([
  '1.2.840.113549.1.1.10', // RSASSA-PSS
  '1.2.840.113549.1.1.11', // RSA with SHA-256, -384, -512
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2', // ECDSA with SHA-256, -384, -512
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4'
])

function weaknessOf({ signatureAlgorithm }: Certificate): string | undefined {
  return strongSignatures.has(signatureAlgorithm.algorithmId) ? undefined : 'a certificate is signed too weakly'
}

function weaknessOfKeys(keys: readonly KeyObject[]): string | undefined {
  const isWeak = keys.some(key => (key.asymmetricKeyDetails?.modulusLength ?? 2048) < 2048)
  return isWeak ? 'an RSA key is shorter than 2048 bits' : undefined
}

/** extensions of a signer's certificate that are looked at, here or by pkijs, and so may be critical */
const understood = new Set(['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.32'])

/** pkijs looks at these things for authorities only. */
function misuseOf({ extensions = [] }: Certificate): string | undefined {
  if (extensions.some(({ critical, extnID }) => critical && !understood.has(extnID)))
    return 'unknown critical extension'
  const constraints = extensions.find(({ extnID }) => extnID === '2.5.29.19')?.parsedValue
  if (constraints?.cA) return 'an authority signs no documents'
  const usage = extensions.find(({ extnID }) => extnID === '2.5.29.15')?.parsedValue
  // digitalSignature is the first bit, nonRepudiation the second (RFC 5280 section 4.2.1.3)
  const bits = new Uint8Array(usage?.valueBlock?.valueHexView ?? [])[0] ?? 0
  return (bits & 0b1100_0000) === 0 ? 'the certificate is not for signing' : undefined
}

/** pathLenConstraint (RFC 5280 section 4.2.1.9), which pkijs leaves alone; `path` is leaf first. */
function keepsPathLengths(path: readonly Certificate[]): boolean {
  return path.every(({ extensions = [] }, place) => {
    const limit = extensions.find(({ extnID }) => extnID === '2.5.29.19')?.parsedValue?.pathLenConstraint
    return typeof limit !== 'number' || place - 1 <= limit
  })
}

function commonValidity(certificates: readonly Certificate[]) {
  return {
    from: Math.max(...certificates.map(({ notBefore }) => notBefore.value.getTime())),
    until: Math.min(...certificates.map(({ notAfter }) => notAfter.value.getTime()))
  }
}
