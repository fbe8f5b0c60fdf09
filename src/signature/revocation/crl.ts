import { setImmediate } from 'node:timers/promises'
import type { Instant } from '../../document/ids.ts'
import { DerError, type DerPlace, readPlace } from '../../standards/der-element.ts'
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
import {
  type CertificateFields,
  keyUsageOf,
  readExtensions,
  sequenceOf,
  urisIn,
  usages
} from '../certificate-fields.ts'
import { SerialIndex } from './serial-index.ts'
import { isSignedBy, keyFrom, readSigned, type Signed } from './signed.ts'

/** A CRL that is not usable; why is for our own records. */
export class CrlError extends Error {}

/** When a CRL was made and when the next one is due. */
export interface Updates {
  readonly thisUpdate: Instant
  readonly nextUpdate: Instant | undefined
}

/** For which certificates of its issuer a CRL speaks (issuingDistributionPoint). */
export interface CrlScope {
  /** URIs of which the certificate must name one; undefined: any */
  readonly uris: readonly string[] | undefined
  readonly only: 'users' | 'authorities' | undefined
}

export interface CrlEntry {
  readonly revokedAt: Instant
  /** since when the key is not to be believed, where the authority said so */
  readonly invalidAt: Instant | undefined
  /** CRLReason; 0 where none is given */
  readonly reason: number
}

/** A CRL whose signature holds, ready to be asked. */
export interface Crl extends Updates {
  readonly scope: CrlScope
  entry(serial: Uint8Array): CrlEntry | undefined
}

interface Header extends Updates {
  readonly signed: Signed
  readonly issuer: Uint8Array
  /** what revokedCertificates holds */
  readonly revoked: { readonly from: number; readonly end: number }
  readonly extensions: ReturnType<typeof readExtensions>
}

/** entries between two turns of the event loop: less than a millisecond */
const entriesAtOnce = 500

/** @returns the times of a CRL without looking at anything else; undefined for what is none */
export function crlUpdates(der: Uint8Array): Updates | undefined {
  try {
    return readHeader(der)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

/**
 * Reads a CRL of this issuer: signature first, then its entries into an index, in slices, so that a list of 10 MiB keeps nobody
 * waiting. Delta, indirect and partial CRLs (some reasons only, attribute certificates) are refused, and so is every critical
 * extension that is not known, of the list or of any entry.
 * @throws CrlError, DerError
 * @see RFC 5280 sections 5 and 6.3.3
 */
export async function openCrl(der: Uint8Array, issuer: CertificateFields): Promise<Crl> {
  const header = readHeader(der)
  if (!Buffer.from(header.issuer).equals(issuer.subject)) throw new CrlError('of another issuer')
  if (((keyUsageOf(issuer) ?? usages.crlSign) & usages.crlSign) === 0) throw new CrlError('the issuer signs no CRLs')
  if (!(await isSignedBy(der, header.signed, keyFrom(issuer.spki)))) throw new CrlError('the signature does not hold')
  const scope = scopeOf(header)
  const { from, end } = header.revoked
  const index = new SerialIndex(der, end - from)
  for (let at = from, count = 1; at < end; count += 1) {
    const entry = readPlace(der, at, end)
    const serial = checkEntry(der, entry)
    index.add(at, serial.from, serial.end)
    at = entry.end
    if (count % entriesAtOnce === 0) await setImmediate()
  }
  const { thisUpdate, nextUpdate } = header
  return {
    thisUpdate,
    nextUpdate,
    scope,
    entry(serial) {
      const place = index.find(serial)
      return place === undefined ? undefined : readEntry(der, place)
    }
  }
}

function readHeader(der: Uint8Array): Header {
  const whole = new DerReader(der)
  const list = whole.enter(tags.sequence)
  whole.finish()
  const signed = readSigned(der, list)
  list.finish()
  const tbs = new DerReader(der, signed.tbs)
  tbs.optional(tags.integer) // version
  const algorithm = tbs.next(tags.sequence)
  if (!Buffer.from(wholeOf(der, algorithm)).equals(wholeOf(der, signed.algorithm))) throw new DerError('two algorithms')
  const issuer = wholeOf(der, tbs.next(tags.sequence))
  const thisUpdate = readTime(der, tbs.next())
  const next = tbs.optional(tags.utcTime) ?? tbs.optional(tags.generalizedTime)
  const revoked = tbs.optional(tags.sequence) ?? { from: 0, end: 0 }
  const extensions = tbs.enterOptional(contextTag(0))
  tbs.finish()
  return {
    signed,
    issuer,
    thisUpdate,
    nextUpdate: next && readTime(der, next),
    revoked,
    extensions: extensions ? readExtensions(extensions) : new Map()
  }
}

const deltaIndicator = '2.5.29.27'
const distributionPoint = '2.5.29.28'

function scopeOf({ extensions }: Header): CrlScope {
  if (extensions.has(deltaIndicator)) throw new CrlError('a delta CRL')
  for (const { oid, isCritical } of extensions.values()) {
    if (isCritical && oid !== distributionPoint) throw new CrlError('an unknown critical extension')
  }
  const extension = extensions.get(distributionPoint)
  if (!extension) return { uris: undefined, only: undefined }
  const point = sequenceOf(extension)
  const { value } = extension
  const name = point.enterOptional(contextTag(0))
  const full = name?.optional(contextTag(0))
  if (name && !full) throw new CrlError('a distribution point by a relative name')
  const flag = (number: number) => {
    const der = point.optional(contextTag(number, 'primitive'))
    return der !== undefined && value[der.from] !== 0
  }
  const [users, authorities, reasons, indirect, attributes] = [flag(1), flag(2), flag(3), flag(4), flag(5)]
  point.finish()
  if (reasons || indirect || attributes || (users && authorities)) throw new CrlError('a partial or indirect CRL')
  return {
    uris: full && urisIn(value, full),
    only: users ? 'users' : authorities ? 'authorities' : undefined
  }
}

const reasonCode = '2.5.29.21'
const invalidityDate = '2.5.29.24'
const removeFromCrl = 8

/** a list of extensions that is a reason and nothing else, up to its value: what most entries have, so not read each time */
const onlyReason = Buffer.from('300c300a0603551d1504030a01', 'hex')

/** @returns the serial number. @throws CrlError for what is not understood in one entry: then nothing of the list is */
function checkEntry(der: Uint8Array, entry: DerPlace): DerPlace {
  const serial = readPlace(der, entry.from, entry.end)
  if (serial.tag !== tags.integer) throw new DerError('an entry without a number')
  const date = readPlace(der, serial.end, entry.end)
  if (date.end === entry.end) return serial
  const isReason = entry.end - date.end === onlyReason.length + 1
  if (isReason && onlyReason.equals(der.subarray(date.end, entry.end - 1))) return serial
  for (const { oid, isCritical } of readExtensions(new DerReader(der, { from: date.end, end: entry.end })).values()) {
    if (isCritical && oid !== reasonCode && oid !== invalidityDate) {
      throw new CrlError('an unknown critical extension of an entry')
    }
  }
  return serial
}

function readEntry(der: Uint8Array, at: number): CrlEntry {
  const [, date, list] = childrenOf(der, readPlace(der, at))
  const extensions = list ? readExtensions(new DerReader(der, { from: list.at, end: list.end })) : undefined
  const reason = extensions?.get(reasonCode)
  const invalid = extensions?.get(invalidityDate)
  const code = reason ? readSmallInteger(reason.value, new DerReader(reason.value).next(tags.enumerated)) : 0
  // only a delta CRL may take an entry back
  if (code === removeFromCrl) throw new CrlError('removeFromCRL in a complete CRL')
  return {
    revokedAt: readTime(der, date!),
    invalidAt: invalid && readTime(invalid.value, new DerReader(invalid.value).next()),
    reason: code
  }
}

/** Where the certificate says that CRLs of its issuer lie; points of other issuers or of some reasons alone are left out. */
export function crlUrisOf({ extensions }: CertificateFields): readonly string[] {
  const extension = extensions.get('2.5.29.31')
  if (!extension) return []
  const { value } = extension
  return childrenOf(value, sequenceOf(extension)).flatMap(element => {
    const point = new DerReader(value, element)
    const full = point.enterOptional(contextTag(0))?.optional(contextTag(0))
    return full && point.isDone ? urisIn(value, full) : []
  })
}

/** Where the certificate says that its issuer answers by OCSP (authorityInfoAccess). */
export function ocspUrisOf({ extensions }: CertificateFields): readonly string[] {
  const extension = extensions.get('1.3.6.1.5.5.7.1.1')
  if (!extension) return []
  const { value } = extension
  return childrenOf(value, sequenceOf(extension)).flatMap(element => {
    const [method, location] = childrenOf(value, element)
    const isOcsp = method !== undefined && readOid(value, method) === '1.3.6.1.5.5.7.48.1'
    const isUri = location?.tag === contextTag(6, 'primitive')
    return isOcsp && isUri ? [Buffer.from(contentOf(value, location)).toString('latin1')] : []
  })
}
