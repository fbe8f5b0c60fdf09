import { createHash, type KeyObject, sign } from 'node:crypto'
import { DerMembers, der, derInteger, derOid, readDer, tags } from '../../src/standards/der.ts'

/** What a time-stamping authority signs with: its certificates, its own first, its key, and how it signs (RSA v1.5). */
export interface StampingKey {
  readonly certificates: readonly Uint8Array[]
  readonly key: KeyObject
  readonly scheme?: Scheme
}

/** An AlgorithmIdentifier and what signs under it. */
export interface Scheme {
  readonly digest: 'sha1' | 'sha256' | 'sha512'
  readonly algorithm: Uint8Array
  readonly sign: (bytes: Uint8Array, key: KeyObject) => Uint8Array
}

/** One token, as RFC 3161 has it; a test says what else is to be wrong with it. */
export interface Making {
  readonly imprint: Uint8Array
  readonly nonce: Uint8Array | undefined
  /** milliseconds since 1970 */
  readonly time: number
  readonly by: StampingKey
  readonly serial?: Uint8Array
  readonly policy?: string
  readonly accuracySeconds?: number
  /** false: the reply holds no certificates */
  readonly withCertificates?: boolean
  readonly wrong?: Wrong
}

/** What can be wrong with a token. Each member changes one thing and signs what comes of it. */
export interface Wrong {
  readonly status?: number
  readonly version?: number
  /** of the imprint */
  readonly hash?: string
  readonly genTime?: string
  readonly authority?: Uint8Array
  readonly contentType?: string
  readonly digest?: Uint8Array
  /** of the certificate: its bytes, or what else is hashed in its place; undefined: not named at all */
  readonly named?: Uint8Array | 'none'
  readonly namedBySha1?: boolean
  readonly double?: 'attribute' | 'signer'
  readonly unsorted?: boolean
  readonly criticalExtension?: boolean
}

/** An invented policy of the pretend authority. */
export const policy = '1.3.6.1.4.1.99999.3161.1'

const sha256 = '2.16.840.1.101.3.4.2.1'
const digests = { sha1: '1.3.14.3.2.26', sha256, sha512: '2.16.840.1.101.3.4.2.3' } as const
const timestampInfo = '1.2.840.113549.1.9.16.1.4'
const sequence = (...parts: readonly Uint8Array[]) => der(tags.sequence, ...parts)
const set = (...parts: readonly Uint8Array[]) => der(tags.set, ...parts)
const number = (value: number) => derInteger(Buffer.from(value.toString(16).padStart(8, '0'), 'hex'))
const hashed = (name: Scheme['digest'], bytes: Uint8Array) => createHash(name).update(bytes).digest()
const algorithm = (oid: string) => sequence(derOid(oid), der(tags.null))
const octets = (bytes: Uint8Array) => der(tags.octetString, bytes)

export const rsa = (digest: Scheme['digest']): Scheme => ({
  digest,
  algorithm: algorithm('1.2.840.113549.1.1.1'),
  sign: (bytes, key) => sign(digest, bytes, key)
})

/** @returns a TimeStampResp in DER */
export function makeReply(making: Making): Buffer {
  const { status = 0 } = making.wrong ?? {}
  return sequence(sequence(number(status)), makeToken(making))
}

/** @returns a TimeStampResp that refuses. @param failure number of the bit of PKIFailureInfo */
export function refusingReply(failure: number): Buffer {
  const bits = Buffer.alloc(Math.floor(failure / 8) + 1)
  bits[bits.length - 1] = 0x80 >> (failure % 8)
  return sequence(sequence(number(2), der(tags.bitString, Buffer.from([7 - (failure % 8)]), bits)))
}

/** @returns a TimeStampToken in DER */
export function makeToken(making: Making): Buffer {
  const { by, wrong = {}, withCertificates = true } = making
  const { contentType = timestampInfo, double } = wrong
  const { digest: digestName, ...scheme } = by.scheme ?? rsa('sha256')
  const info = timestampInfoOf(making)
  const attributes = [
    attribute('1.2.840.113549.1.9.3', derOid(contentType)),
    attribute('1.2.840.113549.1.9.4', octets(wrong.digest ?? hashed(digestName, info))),
    ...namedCertificate(making)
  ]
  const sorted = attributes.toSorted(Buffer.compare)
  const signed = [
    ...(wrong.unsorted ? sorted.toReversed() : sorted),
    ...(double === 'attribute' ? [sorted.at(-1)!] : [])
  ]
  const digest = algorithm(digests[digestName])
  const { issuer, serial } = nameOf(by.certificates[0]!)
  const signer = sequence(
    number(1),
    sequence(issuer, serial),
    digest,
    der(tags.context(0), ...signed),
    scheme.algorithm,
    octets(scheme.sign(set(...signed), by.key))
  )
  const data = sequence(
    number(3),
    set(digest),
    sequence(derOid(timestampInfo), der(tags.context(0), octets(info))),
    ...(withCertificates ? [der(tags.context(0), ...by.certificates)] : []),
    set(signer, ...(double === 'signer' ? [signer] : []))
  )
  return sequence(derOid('1.2.840.113549.1.7.2'), der(tags.context(0), data))
}

function timestampInfoOf({ imprint, nonce, time, serial, wrong = {}, ...making }: Making): Buffer {
  const text = wrong.genTime ?? `${new Date(time).toISOString().slice(0, 19).replace(/[-:T]/gu, '')}Z`
  return sequence(
    number(wrong.version ?? 1),
    derOid(making.policy ?? policy),
    sequence(algorithm(wrong.hash ?? sha256), octets(imprint)),
    derInteger(serial ?? Buffer.from([1])),
    der(tags.generalizedTime, Buffer.from(text)),
    ...(making.accuracySeconds === undefined ? [] : [sequence(number(making.accuracySeconds))]),
    ...(nonce ? [derInteger(nonce)] : []),
    ...(wrong.authority ? [der(tags.context(0), der(tags.context(4), wrong.authority))] : []),
    ...(wrong.criticalExtension
      ? [
          der(
            tags.context(1),
            sequence(derOid('1.2.3.4'), der(tags.boolean, Buffer.from([0xff])), octets(Buffer.from([5, 0])))
          )
        ]
      : [])
  )
}

/** ESSCertIDv2 with SHA-256, which DER leaves away, or ESSCertID with SHA-1. */
function namedCertificate({ by, wrong = {} }: Making): readonly Buffer[] {
  if (wrong.named === 'none') return []
  const certificate = wrong.named ?? by.certificates[0]!
  const isOld = wrong.namedBySha1 ?? false
  const type = isOld ? '1.2.840.113549.1.9.16.2.12' : '1.2.840.113549.1.9.16.2.47'
  const id = sequence(octets(hashed(isOld ? 'sha1' : 'sha256', certificate)))
  return [attribute(type, sequence(sequence(id)))]
}

const attribute = (type: string, value: Buffer) => sequence(derOid(type), set(value))

/** Issuer and serial number of a certificate, as they are written in it. */
function nameOf(certificate: Uint8Array): { readonly issuer: Uint8Array; readonly serial: Uint8Array } {
  const body = new DerMembers(readDer(certificate, tags.sequence).content).sequence()
  body.next(tags.context(0))
  const serial = body.next(tags.integer).bytes
  body.next(tags.sequence)
  return { serial, issuer: body.next(tags.sequence).bytes }
}
