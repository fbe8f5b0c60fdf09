import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import type { Certificate } from 'pkijs'
import type { Instant } from '../document/ids.ts'
import { DerError } from '../standards/der-element.ts'
import type { Anchor } from './anchors.ts'
import { type CertificateFields, readFields } from './certificate-fields.ts'
import { certifiedSigner } from './certificate-names.ts'
import { policiesAlong } from './certificate-policies.ts'
import { keepsPathLengths, misuseOfSigner, unknownIn, weaknessOf, weaknessOfKeys } from './certificate-use.ts'
import type { Misuse } from './certificates.ts'
import { rolesOf } from './healthcare-role.ts'
import type { CertificatePath, CertificateRefusal, CertifiedSigner } from './ports.ts'

/** A path that leads to an anchor, and the time in which all of its certificates are valid. */
export interface FoundPath {
  readonly signer: CertifiedSigner
  readonly path: CertificatePath
  readonly from: Instant
  readonly until: Instant
}

/** Certificates as pkijs has them, with their own bytes and fields. */
interface Parsed {
  readonly certificate: Certificate
  readonly fields: CertificateFields
}

/**
 * Finds the path of these certificates to an anchor. pkijs checks names, signatures, basic constraints and keyCertSign; the rest is
 * ours. Whether it holds at `at` is for the caller to say; it is looked at while it was valid: that it led nowhere even then is
 * the worse news.
 * @param chain DER, leaf first
 * @param misuse undefined: the leaf must be one that signs documents
 */
export async function findPath(
  chain: readonly Buffer[],
  anchors: readonly Anchor[],
  at: Instant,
  misuse: Misuse | undefined
): Promise<FoundPath | CertificateRefusal> {
  // needed by signers with certificates alone, and slow to load
  const pkijs = await import('pkijs')
  const parsed = parseChain(pkijs, chain)
  if (!parsed) return { kind: 'malformed', why: 'a certificate cannot be read' }
  const keys = parsed.map(({ key }) => key)
  const weakness =
    parsed.map(({ certificate }) => weaknessOf(certificate)).find(why => why !== undefined) ?? weaknessOfKeys(keys)
  if (weakness) return untrusted(weakness, 'sig-weak-certificate')
  const trusted = anchors.map(({ der }) => parse(pkijs, der))
  try {
    const why = misuse?.(parsed[0]!.certificate)
    if (why !== undefined) return untrusted(why)
    const wrong = misuse ? undefined : misuseOfSigner(parsed[0]!.fields)
    if (wrong) return untrusted(wrong.why, wrong.rule)
    const found = await pathOf(pkijs, parsed, trusted, at)
    if ('kind' in found) return found
    const anchor = anchors[trusted.indexOf(found.at(-1)!)]!
    return judged(found, anchor, certifiedSigner(parsed[0]!.certificate, keys[0]!, chain[0]!))
  } catch (error) {
    if (error instanceof DerError) return { kind: 'malformed', why: error.message }
    throw error
  }
}

function parseChain(
  pkijs: Pkijs,
  chain: readonly Buffer[]
): readonly (Parsed & { readonly key: KeyObject })[] | undefined {
  try {
    return chain.map(der => {
      const { raw, publicKey } = new X509Certificate(der)
      // one reader must not see more or less than the other
      if (!raw.equals(der)) throw new TypeError('more than a certificate')
      return { ...parse(pkijs, der), key: publicKey }
    })
  } catch {
    return undefined // neither reader has a class of its own for this
  }
}

const parse = (pkijs: Pkijs, der: Uint8Array): Parsed => ({
  certificate: pkijs.Certificate.fromBER(der),
  fields: readFields(der)
})

type Pkijs = typeof import('pkijs')

/** @returns leaf first, the anchor last */
async function pathOf(
  pkijs: Pkijs,
  parsed: readonly Parsed[],
  anchors: readonly Parsed[],
  at: Instant
): Promise<readonly Parsed[] | CertificateRefusal> {
  const certificates = parsed.map(({ certificate }) => certificate)
  const trustedCerts = anchors.map(({ certificate }) => certificate)
  const [leaf, ...authorities] = certificates as [Certificate, ...Certificate[]]
  const validity = commonValidity(certificates)
  if (validity.from > validity.until) return untrusted('never valid at one time')
  const engine = new pkijs.CertificateChainValidationEngine({
    trustedCerts,
    certs: [...authorities.toReversed(), leaf],
    checkDate: new Date(Math.min(Math.max(at, validity.from), validity.until)),
    findIssuer: nextInLine(certificates, trustedCerts)
  })
  const { result, resultCode, certificatePath } = await engine.verify()
  // 14: a certificate of the path certified another without being an authority
  if (!result || !certificatePath)
    return untrusted(`path validation ended with ${resultCode}`, resultCode === 14 ? 'sig-not-authority' : undefined)
  // pkijs drops doubles and then takes whatever stands last for the leaf.
  if (certificatePath[0] !== leaf) return untrusted('the path is not that of the signer')
  return certificatePath.map(certificate => [...parsed, ...anchors].find(each => each.certificate === certificate)!)
}

/** What is ours to judge of a path whose signatures hold. */
function judged(found: readonly Parsed[], { rules }: Anchor, signer: CertifiedSigner): FoundPath | CertificateRefusal {
  const path = found.map(({ fields }) => fields)
  const below = path.slice(0, -1)
  if (below.length === 0) return untrusted('an anchor signs no documents', 'sig-key-usage')
  const unknown = unknownIn(below)
  if (unknown) return untrusted(unknown.why, unknown.rule)
  if (!keepsPathLengths(path)) return untrusted('a path is longer than its authority allows', 'sig-path-length')
  const valid = policiesAlong(below)
  const accepted = valid && (rules.policies?.filter(oid => valid === 'all' || valid.has(oid)) ?? [])
  if (!valid || !accepted || (rules.policies && accepted.length === 0)) {
    return untrusted('no policy that is accepted holds along the path', 'sig-policy')
  }
  return {
    signer,
    path: {
      certificates: path,
      hashes: path.map(({ der }) => createHash('sha256').update(der).digest('base64url')),
      rules,
      policies: rules.policies ? accepted : valid === 'all' ? [] : [...valid],
      roles: rolesOf(path[0]!, rules.roleScheme)
    },
    ...commonValidity(found.map(({ certificate }) => certificate))
  }
}

const untrusted = (why: string, rule?: CertificateRefusal['rule']): CertificateRefusal => ({
  kind: 'untrusted',
  why,
  ...(rule !== undefined && { rule })
})

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

function commonValidity(certificates: readonly Certificate[]) {
  return {
    from: Math.max(...certificates.map(({ notBefore }) => notBefore.value.getTime())),
    until: Math.min(...certificates.map(({ notAfter }) => notAfter.value.getTime()))
  }
}
