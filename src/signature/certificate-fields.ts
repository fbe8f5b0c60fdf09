import type { Instant } from '../document/ids.ts'
import { DerError, type DerPlace } from '../standards/der-element.ts'
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
} from '../standards/der-reader.ts'

/** An extension by its OID: `value` is what stands in the OCTET STRING. */
export interface Extension {
  readonly oid: string
  readonly isCritical: boolean
  readonly value: Uint8Array
}

/** The members of a certificate that are compared or judged; all bytes are views into its DER. */
export interface CertificateFields {
  readonly der: Uint8Array
  /** content of the INTEGER */
  readonly serial: Uint8Array
  /** Names with tag and length: certificates and CRLs of one authority encode them alike (RFC 5280 section 5.1.2.3) */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** SubjectPublicKeyInfo, whole */
  readonly spki: Uint8Array
  /** content of subjectPublicKey without the count of unused bits: what OCSP hashes */
  readonly publicKey: Uint8Array
  readonly extensions: ReadonlyMap<string, Extension>
}

/**
 * @throws DerError for what is no X.509 certificate
 * @see RFC 5280 section 4.1
 */
export function readFields(der: Uint8Array): CertificateFields {
  const tbs = new DerReader(der).enter(tags.sequence).enter(tags.sequence)
  tbs.optional(contextTag(0)) // version
  const serial = contentOf(der, tbs.next(tags.integer))
  tbs.next(tags.sequence) // signature
  const issuer = wholeOf(der, tbs.next(tags.sequence))
  const validity = tbs.enter(tags.sequence)
  const [notBefore, notAfter] = [readTime(der, validity.next()), readTime(der, validity.next())]
  const subject = wholeOf(der, tbs.next(tags.sequence))
  const spki = tbs.next(tags.sequence)
  const key = new DerReader(der, spki)
  key.next(tags.sequence)
  const publicKey = contentOf(der, key.next(tags.bitString)).subarray(1)
  tbs.optional(contextTag(1, 'primitive'))
  tbs.optional(contextTag(2, 'primitive'))
  const list = tbs.enterOptional(contextTag(3))
  const extensions = list ? readExtensions(list) : new Map()
  return { der, serial, issuer, subject, notBefore, notAfter, spki: wholeOf(der, spki), publicKey, extensions }
}

/** @throws DerError, also where one stands there twice */
export function readExtensions(list: DerReader): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>()
  const { bytes } = list
  for (const element of childrenOf(bytes, list.next(tags.sequence))) {
    const extension = new DerReader(bytes, element)
    const oid = readOid(bytes, extension.next(tags.oid))
    const critical = extension.optional(tags.boolean)
    const value = contentOf(bytes, extension.next(tags.octetString))
    if (found.has(oid)) throw new DerError('an extension twice')
    found.set(oid, { oid, isCritical: critical !== undefined && bytes[critical.from] !== 0, value })
  }
  return found
}

/** The one SEQUENCE that most extensions are. @throws DerError */
export function sequenceOf({ value }: Extension): DerReader {
  const whole = new DerReader(value)
  const inner = whole.enter(tags.sequence)
  whole.finish()
  return inner
}

/** @returns the bits of keyUsage from digitalSignature (0x80) to encipherOnly; undefined: no such extension. @throws DerError */
export function keyUsageOf({ extensions }: CertificateFields): number | undefined {
  const extension = extensions.get('2.5.29.15')
  if (!extension) return undefined
  const bits = contentOf(extension.value, new DerReader(extension.value).next(tags.bitString))
  return bits[1] ?? 0
}

/** digitalSignature, nonRepudiation, cRLSign (RFC 5280 section 4.2.1.3) */
export const usages = { digitalSignature: 0x80, nonRepudiation: 0x40, crlSign: 0x02 } as const

/** @returns OIDs of extendedKeyUsage; undefined: no such extension. @throws DerError */
export function extendedUsagesOf({ extensions }: CertificateFields): readonly string[] | undefined {
  const extension = extensions.get('2.5.29.37')
  if (!extension) return undefined
  return childrenOf(extension.value, sequenceOf(extension)).map(oid => readOid(extension.value, oid))
}

/** basicConstraints (RFC 5280 section 4.2.1.9). @throws DerError */
export function constraintsOf({ extensions }: CertificateFields): {
  readonly isAuthority: boolean
  readonly pathLength: number | undefined
} {
  const extension = extensions.get('2.5.29.19')
  if (!extension) return { isAuthority: false, pathLength: undefined }
  const constraints = sequenceOf(extension)
  const flag = constraints.optional(tags.boolean)
  const length = constraints.optional(tags.integer)
  return {
    isAuthority: flag !== undefined && extension.value[flag.from] !== 0,
    pathLength: length && readSmallInteger(extension.value, length)
  }
}

/** `uniformResourceIdentifier`s among GeneralNames. @throws DerError */
export function urisIn(bytes: Uint8Array, names: Pick<DerPlace, 'from' | 'end'>): readonly string[] {
  return childrenOf(bytes, names)
    .filter(({ tag }) => tag === contextTag(6, 'primitive'))
    .map(name => Buffer.from(contentOf(bytes, name)).toString('latin1'))
}
