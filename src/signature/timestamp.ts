import { X509Certificate } from 'node:crypto'
import type { Instant } from '../document/ids.ts'
import type { Timestamp } from '../document/timestamp.ts'
import { derInteger, readDer, tags } from '../standards/der.ts'
import { DerError } from '../standards/der-element.ts'
import { certificateCheck } from './certificates.ts'
import type { CertificateCheck } from './ports.ts'
import { checkAttributes } from './timestamp/attributes.ts'
import { isSame, pathOf, signerOf, timestampMisuse } from './timestamp/authority.ts'
import type { CertificateParts } from './timestamp/certificate.ts'
import { verifyCms } from './timestamp/cms-signature.ts'
import { TimestampFault, type TimestampFaultKind } from './timestamp/fault.ts'
import { hashOf } from './timestamp/hashes.ts'
import { algorithmIdentifiers } from './timestamp/identifiers.ts'
import { tokenIn, tokenOfReply } from './timestamp/reply.ts'
import type { TimestampQuestion } from './timestamp/request.ts'
import { readToken } from './timestamp/signed-data.ts'
import { readTstInfo, type TstInfo } from './timestamp/tst-info.ts'

/** No reply or token is larger: those of authorities in use have 2 to 8 KB. */
export const maxTimestampBytes = 64 * 1024

/** Clocks may differ by so much (domain §7). */
const maxDifferenceMilliseconds = 5 * 60_000

/** Whom to believe when a time is stamped. */
export interface TimestampTrust {
  /** against tsa-roots.pem (`authorityCheck`) */
  readonly authorities: CertificateCheck
  /** policies that are taken, in dotted numbers; undefined: those of every authority that is believed */
  readonly policies: readonly string[] | undefined
}

export type TimestampAnswer =
  | { readonly kind: 'held'; readonly timestamp: Timestamp }
  /** `why` is for our own records: it says nothing of what was stamped */
  | { readonly kind: 'refused'; readonly fault: TimestampFaultKind; readonly why: string }

/** Anchors of time-stamping authorities: a file of their own, so that none of them signs documents, and no signer stamps time. */
export const authorityCheck = (anchors: readonly Uint8Array[]): CertificateCheck =>
  certificateCheck(anchors, { misuse: timestampMisuse })

/**
 * Judges the answer to a question that was just asked.
 * @param at our own clock, from which the authority's may not be far
 * @see RFC 3161 sections 2.2 and 2.4.2
 */
export function judgeReply(
  reply: Uint8Array,
  question: TimestampQuestion,
  trust: TimestampTrust,
  at: Instant
): Promise<TimestampAnswer> {
  return answered(reply, async () => {
    const { info, timestamp } = await held(tokenOfReply(reply), question.imprint, trust)
    const { content: asked } = readDer(derInteger(question.nonce), tags.integer)
    if (!info.nonce || !isSame(info.nonce, asked)) throw new TimestampFault('nonce', 'an answer to another question')
    if (Math.abs(info.time - at) > maxDifferenceMilliseconds + info.accuracy)
      throw new TimestampFault('time', 'more than five minutes from our own clock')
    return timestamp
  })
}

/**
 * Judges a token that was kept, as of the time that it states. That its authority's certificate has expired since then does not
 * matter: what is believed is that its key served nobody else before, and that its hash still holds.
 * @param file a token, or the reply that it came in
 * @param imprint SHA-256 of what is said to be stamped
 */
export function judgeTimestamp(file: Uint8Array, imprint: Uint8Array, trust: TimestampTrust): Promise<TimestampAnswer> {
  return answered(file, async () => (await held(tokenIn(file), imprint, trust)).timestamp)
}

async function answered(bytes: Uint8Array, judge: () => Promise<Timestamp>): Promise<TimestampAnswer> {
  if (bytes.length > maxTimestampBytes) return { kind: 'refused', fault: 'too-large', why: 'more than 64 KiB' }
  try {
    return { kind: 'held', timestamp: await judge() }
  } catch (error) {
    if (error instanceof TimestampFault) return { kind: 'refused', fault: error.kind, why: error.message }
    if (error instanceof DerError) return { kind: 'refused', fault: 'malformed', why: error.message }
    throw error
  }
}

async function held(
  bytes: Uint8Array,
  imprint: Uint8Array,
  { authorities, policies }: TimestampTrust
): Promise<{ readonly info: TstInfo; readonly timestamp: Timestamp }> {
  const token = readToken(bytes)
  const info = readTstInfo(token.content)
  const isSha256 = info.hash.oid === algorithmIdentifiers.sha256 && hashOf(info.hash) !== undefined
  if (!isSha256 || !isSame(info.imprint, imprint)) throw new TimestampFault('imprint', 'a stamp of other bytes')
  if (policies && !policies.includes(info.policy)) throw new TimestampFault('policy', 'a policy that is not taken')

  const hash = hashOf(token.digest)
  if (!hash) throw new TimestampFault('weak', 'signed over a weak hash')
  const { signer, all } = signerOf(token)
  checkAttributes(token, hash, signer)
  checkName(info, signer)
  verifyCms(token, hash, keyOf(signer))

  const answer = await authorities(pathOf(signer, all), info.time)
  if (answer.kind === 'expired') throw new TimestampFault('authority-expired', answer.why)
  if (answer.kind !== 'trusted') throw new TimestampFault('authority-untrusted', answer.why)
  const { time, accuracy, policy } = info
  return { info, timestamp: { time, accuracy, policy, authority: answer.signer.subject } }
}

function keyOf({ der }: CertificateParts) {
  try {
    return new X509Certificate(der).publicKey
  } catch {
    throw new TimestampFault('malformed', 'the certificate of the signer cannot be read')
  }
}

/** An authority that names itself must be the one whose certificate it is. */
function checkName({ authority }: TstInfo, { subject, alternatives }: CertificateParts): void {
  if (!authority || authority.tag !== tags.context(4)) return
  if (![subject, ...alternatives].some(name => isSame(name, authority.content)))
    throw new TimestampFault('signing-certificate', 'the token names another authority')
}
