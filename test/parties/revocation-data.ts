import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { authorityKeys, keyOf } from '../../fixtures/test-keys.ts'
import { type CertificateFields, readFields } from '../../src/signature/certificate-fields.ts'
import { der, derInteger, derOid } from '../../src/standards/der.ts'

/** Makes CRLs and OCSP responses, right ones and such as no authority should give. Signed by keys of the test authorities. */

export const oids = {
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha1WithRsa: '1.2.840.113549.1.1.5',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  crlNumber: '2.5.29.20',
  deltaIndicator: '2.5.29.27',
  distributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29'
} as const

export const time = (at: Date | string): Buffer => {
  const text = new Date(at).toISOString().replace(/[-:T]|\.\d+/gu, '')
  return Number(text.slice(0, 4)) < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text))
}
const generalized = (at: Date | string): Buffer =>
  der(0x18, Buffer.from(new Date(at).toISOString().replace(/[-:T]|\.\d+/gu, '')))

export interface Extra {
  readonly oid: string
  readonly isCritical?: boolean
  readonly value: Uint8Array
}

const extension = ({ oid, isCritical, value }: Extra): Buffer =>
  der(0x30, derOid(oid), isCritical ? der(0x01, Buffer.from([0xff])) : Buffer.alloc(0), der(0x04, value))

export interface Revoked {
  /** hexadecimal */
  readonly serial: string
  readonly at: Date | string
  /** CRLReason */
  readonly reason?: number
  readonly invalidAt?: Date | string
  readonly extensions?: readonly Extra[]
}

export interface CrlWish {
  readonly issuer: Pick<CertificateFields, 'subject'>
  readonly key?: KeyObject
  readonly thisUpdate: Date | string
  readonly nextUpdate?: Date | string
  readonly revoked?: readonly Revoked[]
  readonly extensions?: readonly Extra[]
  readonly isSha1?: boolean
}

/** `issuingDistributionPoint`, critical. */
export function scope(parts: { readonly uri?: string; readonly flags?: readonly (1 | 2 | 4 | 5)[] }): Extra {
  const uri = parts.uri === undefined ? [] : [der(0xa0, der(0xa0, der(0x86, Buffer.from(parts.uri))))]
  const flags = (parts.flags ?? []).map(flag => der(0x80 + flag, Buffer.from([0xff])))
  return { oid: oids.distributionPoint, isCritical: true, value: der(0x30, ...uri, ...flags) }
}

export function makeCrl(wish: CrlWish): Buffer {
  const { issuer, thisUpdate, nextUpdate, revoked = [], extensions = [], isSha1 } = wish
  const algorithm = der(0x30, derOid(isSha1 ? oids.sha1WithRsa : oids.sha256WithRsa), der(0x05))
  const tbs = der(
    0x30,
    derInteger(Buffer.from([1])),
    algorithm,
    issuer.subject,
    time(thisUpdate),
    nextUpdate === undefined ? Buffer.alloc(0) : time(nextUpdate),
    revoked.length === 0 ? Buffer.alloc(0) : der(0x30, Buffer.concat(revoked.map(entryOf))),
    extensions.length === 0 ? Buffer.alloc(0) : der(0xa0, der(0x30, ...extensions.map(extension)))
  )
  return signed(tbs, algorithm, wish.key ?? keyOf(authorityKeys, 'test-intermediate').privateKey, isSha1)
}

function entryOf({ serial, at, reason, invalidAt, extensions = [] }: Revoked): Buffer {
  const all = [
    ...(reason === undefined ? [] : [{ oid: oids.reasonCode, value: der(0x0a, Buffer.from([reason])) }]),
    ...(invalidAt === undefined ? [] : [{ oid: oids.invalidityDate, value: generalized(invalidAt) }]),
    ...extensions
  ]
  const list = all.length === 0 ? Buffer.alloc(0) : der(0x30, ...all.map(extension))
  return der(0x30, derInteger(Buffer.from(serial, 'hex')), time(at), list)
}

function signed(tbs: Buffer, algorithm: Buffer, key: KeyObject, isSha1 = false, ...more: readonly Buffer[]): Buffer {
  const signature = sign(isSha1 ? 'sha1' : 'sha256', tbs, key)
  return der(0x30, tbs, algorithm, der(0x03, Buffer.from([0]), signature), ...more)
}

export interface OcspWish {
  readonly certificate: CertificateFields
  readonly issuer: CertificateFields
  readonly key?: KeyObject
  readonly status: 'good' | 'unknown' | { readonly at: Date | string; readonly reason?: number }
  readonly thisUpdate: Date | string
  readonly nextUpdate?: Date | string
  readonly producedAt?: Date | string
  /** that of a responder, DER */
  readonly responder?: Uint8Array
  readonly hash?: 'sha1' | 'sha256'
  readonly extensions?: readonly Extra[]
}

export function makeOcsp(wish: OcspWish): Buffer {
  const { thisUpdate, nextUpdate, producedAt = thisUpdate, responder, extensions = [] } = wish
  const algorithm = der(0x30, derOid(oids.sha256WithRsa), der(0x05))
  const answer = der(
    0x30,
    certIdOf(wish),
    statusOf(wish.status),
    generalized(thisUpdate),
    nextUpdate === undefined ? Buffer.alloc(0) : der(0xa0, generalized(nextUpdate)),
    extensions.length === 0 ? Buffer.alloc(0) : der(0xa1, der(0x30, ...extensions.map(extension)))
  )
  const by = responder ? readFields(responder) : wish.issuer
  const tbs = der(0x30, der(0xa1, by.subject), generalized(producedAt), der(0x30, answer))
  const key = wish.key ?? keyOf(authorityKeys, responder ? 'test-ocsp' : 'test-intermediate').privateKey
  const basic = signed(tbs, algorithm, key, false, ...(responder ? [der(0xa0, der(0x30, responder))] : []))
  const bytes = der(0x30, derOid('1.3.6.1.5.5.7.48.1.1'), der(0x04, basic))
  return der(0x30, der(0x0a, Buffer.from([0])), der(0xa0, bytes))
}

/** A responder that will not say anything: `tryLater` (3) and the like. */
export const ocspRefusal = (status: number): Buffer => der(0x30, der(0x0a, Buffer.from([status])))

const hashOids = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const

function certIdOf({ certificate, issuer, hash = 'sha1' }: OcspWish): Buffer {
  const digest = (bytes: Uint8Array) => der(0x04, createHash(hash).update(bytes).digest())
  const algorithm = der(0x30, derOid(hashOids[hash]), der(0x05))
  return der(0x30, algorithm, digest(issuer.subject), digest(issuer.publicKey), der(0x02, certificate.serial))
}

function statusOf(status: OcspWish['status']): Buffer {
  if (status === 'good') return der(0x80)
  if (status === 'unknown') return der(0x82)
  const reason = status.reason === undefined ? [] : [der(0xa0, der(0x0a, Buffer.from([status.reason])))]
  return der(0xa1, generalized(status.at), ...reason)
}

/** The private key of a test authority as this Node has it. */
export const authorityKey = (kid: string): KeyObject =>
  createPrivateKey({ key: keyOf(authorityKeys, kid).privateJwk, format: 'jwk' })
