import { type Der, DerMembers, integerBytes, oidText, readDer, tags } from '../../standards/der.ts'
import { extensionTypes } from './identifiers.ts'

/** A certificate by the bytes of the parts that a token refers to it by. Whether it may be believed is not looked at. */
export interface CertificateParts {
  readonly der: Uint8Array
  /** Names as they are written, compared byte by byte. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly serial: Uint8Array
  readonly keyIdentifier: Uint8Array | undefined
  /** directory names of the subjectAltName */
  readonly alternatives: readonly Uint8Array[]
}

/** @throws DerError */
export function readCertificate(der: Uint8Array): CertificateParts {
  const certificate = new DerMembers(readDer(der, tags.sequence).content)
  const body = certificate.sequence()
  body.optional(tags.context(0))
  const serial = integerBytes(body.next(tags.integer))
  body.next(tags.sequence)
  const issuer = body.next(tags.sequence).bytes
  body.next(tags.sequence)
  const subject = body.next(tags.sequence).bytes
  body.next(tags.sequence)
  body.optional(tags.primitive(1))
  body.optional(tags.primitive(2))
  const extensions = extensionsIn(body.optional(tags.context(3)))
  body.end()
  certificate.next(tags.sequence)
  certificate.next(tags.bitString)
  certificate.end()
  const keyIdentifier = extensions.get(extensionTypes.subjectKeyIdentifier)
  const alternatives = extensions.get(extensionTypes.subjectAltName)
  return {
    der,
    issuer,
    subject,
    serial,
    keyIdentifier: keyIdentifier && readDer(keyIdentifier, tags.octetString).content,
    alternatives: alternatives ? directoryNames(alternatives) : []
  }
}

function extensionsIn(list: Der | undefined): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  if (!list) return found
  for (const { content } of new DerMembers(readDer(list.content, tags.sequence).content).rest(64)) {
    const extension = new DerMembers(content)
    const type = oidText(extension.next(tags.oid))
    extension.optional(tags.boolean)
    found.set(type, extension.next(tags.octetString).content)
    extension.end()
  }
  return found
}

function directoryNames(extension: Uint8Array): readonly Uint8Array[] {
  return new DerMembers(readDer(extension, tags.sequence).content)
    .rest(64)
    .filter(({ tag }) => tag === tags.context(4))
    .map(({ content }) => content)
}
