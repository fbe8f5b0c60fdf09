import { createHash } from 'node:crypto'
import type { Bundle } from '@medplum/fhirtypes'
import type { Identifier, Instant } from '../document/ids.ts'
import type { SignatureResult } from '../document/signature-result.ts'
import type { Verified, WellFormed } from '../document/stages.ts'
import {
  type Algorithm,
  type DetachedJws,
  detachedInput,
  isKeyFor,
  type JwsHeader,
  verifySignature
} from '../standards/jws.ts'
import { type Author, authorsOf, bearsName, hasIdentifier } from './authors.ts'
import { readBlock, type SignatureBlock } from './block.ts'
import type { CertificateAnswer, CertifiedSigner, SignatureTrust, SigningKey } from './ports.ts'
import { pathResult, refuseOtherRole } from './qualification.ts'
import { Faults, refusalFor } from './rules.ts'
import { signatureTypes, signedForm } from './signed-form.ts'

/** What an author may sign with. */
export const authorAlgorithms: readonly Algorithm[] = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA']

/** A claimed time of signing may be this far from the time of receipt (domain §7). */
const maxAheadMilliseconds = 5 * 60_000
const maxAgeMilliseconds = 24 * 3_600_000

/** Under which circumstances a signature is looked at. */
export interface Circumstances {
  readonly verifiedAt: Instant
  /** undefined: not known when it arrived, so the time of signing is only told */
  readonly receivedAt: Instant | undefined
  /** the signature was there by then, as a time-stamp proves; undefined: as the receipt does, where there is one */
  readonly provenAt?: Instant | undefined
  /** the organisation that sends the document; undefined: nobody sends, somebody asks */
  readonly organization: Identifier | undefined
}

/**
 * Station 4: the author's own signature over the document.
 * @throws Refusal `signature-missing`, `signature-invalid`, `signature-algorithm`, `signature-time-implausible`,
 * `signer-unknown`, `signer-mismatch`, `certificate-untrusted`, `certificate-expired`, `certificate-revoked`,
 * `qualification-missing`; each names all places at fault
 * that can be seen at once
 * @see contract §6.1, domain §7, RFC 7515, RFC 8785
 */
export async function verifyAuthor(document: WellFormed, trust: SignatureTrust): Promise<Verified> {
  const signature = await verifyAuthorSignature(document.document.bundle, trust, {
    verifiedAt: document.at,
    receivedAt: document.at,
    organization: document.caller.organizationIdentifier
  })
  return { ...document, signature }
}

/**
 * The same for a Bundle at hand, as `ryoritsu verify` has it. `Bundle.id` and `Bundle.meta` are not signed: whoever
 * shows them must check them otherwise.
 * @throws Refusal as `verifyAuthor`
 */
export async function verifyAuthorSignature(
  bundle: Bundle,
  trust: SignatureTrust,
  { verifiedAt, receivedAt, provenAt, organization }: Circumstances
): Promise<SignatureResult> {
  const faults = new Faults()
  const block = readBlock(bundle.signature, { types: [signatureTypes.author], algorithms: authorAlgorithms }, faults)
  const signing = await requireSigner(bundle, block, faults, trust, { receivedAt, organization })
  const { jws, signer } = signing
  const form = signedForm(bundle)
  if (!verifySignature(jws.header.alg, detachedInput(jws, form), jws.signature, signer.key)) {
    throw refusalFor('sig-verify')
  }

  return resultOf(signing, form, trust, { verifiedAt, receivedAt, provenAt })
}

/** What is known of a signature once everything but the signature itself has been looked at. */
interface Signing {
  readonly jws: DetachedJws
  readonly signedAt: Instant
  readonly who: Identifier
  readonly signer: Signer
}

/**
 * All that can be asked without the signature itself: is `who` an author of this document, may this organisation sign with
 * this key or certificate, at this time? So it is asked in the same way before anybody signs (`prepare.ts`).
 * @throws Refusal as `verifyAuthor`, but for a signature that does not hold
 */
export async function requireSigner(
  bundle: Bundle,
  block: SignatureBlock,
  faults: Faults,
  trust: SignatureTrust,
  { receivedAt, organization }: Omit<Circumstances, 'verifiedAt'>
): Promise<Signing> {
  const author = checkAuthor(bundle, block, organization, faults)
  checkTime(block.signedAt, receivedAt, faults)
  faults.refuse()

  const { jws, who, signedAt } = block
  if (!jws || !who || !author) throw new TypeError('a part of the signature is missing although no fault says so')
  const signer = await findSigner(jws.header, signedAt, trust)
  if (!mayUse(signer, jws.header.alg)) throw refusalFor('sig-key-algorithm')
  if (signer.certified) {
    requireSameParty(signer.certified.signer, who, author)
    refuseOtherRole(signer.certified.path, who)
  }
  return { jws, signedAt, who, signer }
}

/**
 * What is put down about a signature that holds; before there is one, what will be.
 * @param form what is signed
 * @throws Refusal `certificate-revoked`, `certificate-untrusted`
 */
export async function resultOf(
  { jws, signedAt, signer, who }: Signing,
  form: Uint8Array,
  trust: SignatureTrust,
  { verifiedAt, receivedAt, provenAt = receivedAt }: Omit<Circumstances, 'organization'>
): Promise<SignatureResult> {
  const { certified } = signer
  const times = { signedAt, provenAt, now: receivedAt }
  const path = certified && (await pathResult(certified.path, trust, times, verifiedAt))
  return {
    assurance: certified ? 'certificate' : 'organisation',
    algorithm: jws.header.alg,
    key: certified ? certified.signer.thumbprint : (jws.header.kid ?? ''),
    signer: who,
    ...(certified && { certificateSubject: certified.signer.subject, certificateIssuer: certified.signer.issuer }),
    ...(path && { path }),
    signedAt,
    verifiedAt,
    digest: createHash('sha256').update(form).digest('base64url')
  }
}

/** @returns the author that signed, if `who` is one */
function checkAuthor(
  bundle: Bundle,
  { who, reference }: SignatureBlock,
  organization: Identifier | undefined,
  faults: Faults
): Author | undefined {
  const authors = authorsOf(bundle)
  if (organization) {
    const isOurs = authors.some(author => author.kind === 'Organization' && hasIdentifier(author, organization))
    if (!isOurs) faults.add('sig-organization')
  }
  if (!who) return undefined
  const author = authors.find(author => hasIdentifier(author, who))
  if (!author || (reference !== undefined && reference !== author.fullUrl)) faults.add('sig-author')
  return author
}

function checkTime(signedAt: Instant, receivedAt: Instant | undefined, faults: Faults): void {
  if (receivedAt === undefined) return
  if (signedAt > receivedAt + maxAheadMilliseconds) faults.add('sig-future')
  if (signedAt < receivedAt - maxAgeMilliseconds) faults.add('sig-old')
}

type Certified = Extract<CertificateAnswer, { readonly kind: 'trusted' }>

interface Signer extends SigningKey {
  readonly certified?: Certified
}

async function findSigner({ kid, x5c }: JwsHeader, signedAt: Instant, trust: SignatureTrust): Promise<Signer> {
  if (x5c === undefined) {
    const registered = kid === undefined ? undefined : trust.signingKey(kid)
    if (!registered) throw refusalFor('sig-key-unknown')
    return registered
  }
  const answer = await trust.certificates(x5c, signedAt)
  if (answer.kind !== 'trusted') throw refusalFor(answer.rule ?? ruleOf[answer.kind], answer.why)
  return { key: answer.signer.key, certified: answer }
}

const ruleOf = { untrusted: 'sig-untrusted', expired: 'sig-expired', malformed: 'sig-x5c' } as const

function mayUse({ key, alg }: SigningKey, used: Algorithm): boolean {
  return (alg === undefined || alg === used) && isKeyFor(used, key)
}

/** A certificate proves who holds the key; the document says who wrote it. Both number and name must agree. */
function requireSameParty(signer: CertifiedSigner, who: Identifier, author: Author): void {
  const faults = new Faults()
  if (!signer.identifiers.includes(who.value)) faults.add('sig-certificate-identifier')
  if (!bearsName(signer, author)) faults.add('sig-certificate-name')
  faults.refuse()
}
