import { createHash } from 'node:crypto'
import type { Instant } from '../../document/ids.ts'
import { der, derOid } from '../../standards/der.ts'
import { DerError, type DerPlace } from '../../standards/der-element.ts'
import {
  childrenOf,
  contentOf,
  contextTag,
  DerReader,
  readOid,
  readSmallInteger,
  readTime,
  tags,
  wholeOf
} from '../../standards/der-reader.ts'
import { type CertificateFields, readExtensions } from '../certificate-fields.ts'
import type { Updates } from './crl.ts'
import { isResponder } from './ocsp-responder.ts'
import { isSignedBy, keyFrom, readSigned, type Signed } from './signed.ts'

/** A response that is not usable; why is for our own records. */
export class OcspError extends Error {}

/** What a responder says of one certificate. */
export interface OcspStatus extends Updates {
  readonly status:
    | { readonly is: 'good' | 'unknown' }
    | { readonly is: 'revoked'; readonly revokedAt: Instant; readonly reason: number }
}

const sha1 = '1.3.14.3.2.26'
/** hashes by which a certID may name an issuer: they identify, nothing is proven by them */
const idHashes: Readonly<Record<string, string>> = { [sha1]: 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256' }

/** A response to nobody in particular may be this old where it does not say when the next one is due. */
const freshForMs = 5 * 60_000

/**
 * The request for one certificate, with SHA-1 names as every responder knows them and without a nonce, so that answers can be
 * kept and made ahead; how old one may be is judged by its times.
 * @see RFC 6960 section 4.1, RFC 5019 section 2.1
 */
export function ocspRequest(certificate: CertificateFields, issuer: CertificateFields): Uint8Array {
  const hash = (bytes: Uint8Array) => der(tags.octetString, createHash('sha1').update(bytes).digest())
  const algorithm = der(tags.sequence, derOid(sha1), der(0x05))
  const serial = der(tags.integer, certificate.serial)
  const id = der(tags.sequence, algorithm, hash(issuer.subject), hash(issuer.publicKey), serial)
  const list = der(tags.sequence, der(tags.sequence, id))
  return der(tags.sequence, der(tags.sequence, list))
}

/** @returns the times of the first answer in a response without looking at anything else; undefined for what is none */
export function ocspUpdates(der: Uint8Array): Updates | undefined {
  try {
    const first = readResponse(der).answers[0]
    return first && readAnswer(der, first)
  } catch (error) {
    if (error instanceof DerError || error instanceof OcspError) return undefined
    throw error
  }
}

/**
 * What an OCSP response says of a certificate. It must be signed by the issuer itself, or by a responder whose certificate the
 * issuer gave for this (id-kp-OCSPSigning, id-pkix-ocsp-nocheck) and that was valid when it answered.
 * @throws OcspError, DerError for responses that say nothing of it, or that nobody need believe
 * @see RFC 6960 sections 3.2 and 4.2
 */
export async function readOcsp(
  der: Uint8Array,
  certificate: CertificateFields,
  issuer: CertificateFields
): Promise<OcspStatus> {
  const { signed, producedAt, answers, certificates } = readResponse(der)
  const found = answers
    .filter(answer => isAbout(der, answer, certificate, issuer))
    .map(answer => readAnswer(der, answer))
  const [status, another] = found
  if (!status || another) throw new OcspError('no answer, or more than one, about this certificate')
  if (!(await isBelievable(der, { signed, producedAt, certificates }, issuer))) {
    throw new OcspError('not signed by the issuer or a responder of its')
  }
  return status
}

interface Response {
  readonly signed: Signed
  readonly producedAt: Instant
  readonly answers: readonly DerPlace[]
  readonly certificates: readonly Uint8Array[]
}

function readResponse(der: Uint8Array): Response {
  const outer = new DerReader(der).enter(tags.sequence)
  const status = readSmallInteger(der, outer.next(tags.enumerated))
  if (status !== 0) throw new OcspError(`the responder gave no answer (${status})`)
  const bytes = outer.enter(contextTag(0)).enter(tags.sequence)
  if (readOid(der, bytes.next()) !== '1.3.6.1.5.5.7.48.1.1') throw new OcspError('an unknown type of response')
  const basic = bytes.enter(tags.octetString).enter(tags.sequence)
  const signed = readSigned(der, basic)
  const list = basic.enterOptional(contextTag(0))
  const certificates = list ? childrenOf(der, list.next(tags.sequence)).map(each => wholeOf(der, each)) : []
  const data = new DerReader(der, signed.tbs)
  data.optional(contextTag(0)) // version
  data.next() // responderID: whoever it names, the key decides
  const producedAt = readTime(der, data.next(tags.generalizedTime))
  const answers = childrenOf(der, data.next(tags.sequence))
  const extensions = data.enterOptional(contextTag(1))
  refuseCritical(extensions)
  return { signed, producedAt, answers, certificates }
}

function refuseCritical(list: DerReader | undefined): void {
  if (list && [...readExtensions(list).values()].some(({ isCritical }) => isCritical)) {
    throw new OcspError('an unknown critical extension')
  }
}

function isAbout(
  der: Uint8Array,
  answer: DerPlace,
  certificate: CertificateFields,
  issuer: CertificateFields
): boolean {
  const id = new DerReader(der, answer).enter(tags.sequence)
  const hash = idHashes[readOid(der, id.enter(tags.sequence).next())]
  if (hash === undefined) return false
  const is = (bytes: Uint8Array) =>
    createHash(hash)
      .update(bytes)
      .digest()
      .equals(contentOf(der, id.next(tags.octetString)))
  const [isName, isKey] = [is(issuer.subject), is(issuer.publicKey)]
  return isName && isKey && Buffer.from(contentOf(der, id.next(tags.integer))).equals(certificate.serial)
}

function readAnswer(der: Uint8Array, answer: DerPlace): OcspStatus {
  const reader = new DerReader(der, answer)
  reader.next(tags.sequence) // certID
  const status = readStatus(der, reader.next())
  const thisUpdate = readTime(der, reader.next(tags.generalizedTime))
  const next = reader.enterOptional(contextTag(0))
  refuseCritical(reader.enterOptional(contextTag(1)))
  return { status, thisUpdate, nextUpdate: next ? readTime(der, next.next()) : thisUpdate + freshForMs }
}

function readStatus(der: Uint8Array, status: DerPlace): OcspStatus['status'] {
  if (status.tag === contextTag(0, 'primitive')) return { is: 'good' }
  if (status.tag === contextTag(2, 'primitive')) return { is: 'unknown' }
  if (status.tag !== contextTag(1)) throw new DerError('no status')
  const revoked = new DerReader(der, status)
  const revokedAt = readTime(der, revoked.next(tags.generalizedTime))
  const reason = revoked.enterOptional(contextTag(0))
  return { is: 'revoked', revokedAt, reason: reason ? readSmallInteger(der, reason.next(tags.enumerated)) : 0 }
}

async function isBelievable(
  der: Uint8Array,
  { signed, producedAt, certificates }: Pick<Response, 'signed' | 'producedAt' | 'certificates'>,
  issuer: CertificateFields
): Promise<boolean> {
  if (await isSignedBy(der, signed, keyFrom(issuer.spki))) return true
  for (const responder of certificates.slice(0, 3)) {
    const key = await isResponder(responder, issuer, producedAt)
    if (key && (await isSignedBy(der, signed, key))) return true
  }
  return false
}
