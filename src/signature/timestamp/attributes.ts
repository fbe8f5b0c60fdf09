import { createHash } from 'node:crypto'
import { type Der, DerMembers, integerBytes, oidText, readDer, tags } from '../../standards/der.ts'
import { isSame } from './authority.ts'
import type { CertificateParts } from './certificate.ts'
import { TimestampFault } from './fault.ts'
import { type Hash, hashOf, readAlgorithm } from './hashes.ts'
import { attributeTypes, contentTypes } from './identifiers.ts'
import type { SignedToken } from './signed-data.ts'

/**
 * Checks the signed attributes: what is signed is a TSTInfo, this one, by this certificate. Without the last a token could be
 * taken for one of another certificate of the same key (RFC 5035).
 * @throws DerError, TimestampFault `attributes`, `signing-certificate`, `weak`
 */
export function checkAttributes({ attributes, content }: SignedToken, hash: Hash, signer: CertificateParts): void {
  const type = attributes.get(attributeTypes.contentType)
  if (type?.tag !== tags.oid || oidText(type) !== contentTypes.timestampInfo)
    throw new TimestampFault('attributes', 'the signature is not over a time-stamp')
  const digest = attributes.get(attributeTypes.messageDigest)
  if (digest?.tag !== tags.octetString || !isSame(digest.content, createHash(hash).update(content).digest()))
    throw new TimestampFault('attributes', 'the signature is over another time-stamp')

  const first = attributes.get(attributeTypes.signingCertificate)
  const second = attributes.get(attributeTypes.signingCertificateV2)
  if (!first && !second) throw new TimestampFault('attributes', 'the token does not name its certificate')
  // SHA-1 only finds the certificate again here: another one of the same hash for the same key is a second preimage
  if (first) checkCertificate(first, signer, () => 'sha1')
  if (second) checkCertificate(second, signer, hashOfId)
}

/** ESSCertIDv2 leaves SHA-256 away, as DER leaves every default. */
function hashOfId(id: DerMembers): Hash {
  const named = id.optional(tags.sequence)
  if (!named) return 'sha256'
  const hash = hashOf(readAlgorithm(new DerMembers(named.bytes)))
  if (!hash) throw new TimestampFault('weak', 'the certificate is named by a weak hash')
  return hash
}

/** The first certificate of the list is the signer's; issuer and number, where they are given, are its own. */
function checkCertificate(value: Der, signer: CertificateParts, hashIn: (id: DerMembers) => string): void {
  const id = new DerMembers(readDer(value.bytes, tags.sequence).content).sequence().sequence()
  const hash = hashIn(id)
  const named = id.next(tags.octetString).content
  const issuerSerial = id.optional(tags.sequence)
  id.end()
  const isNamed = isSame(named, createHash(hash).update(signer.der).digest())
  if (!isNamed || (issuerSerial && !isIssuedSo(issuerSerial, signer)))
    throw new TimestampFault('signing-certificate', 'the token names another certificate')
}

function isIssuedSo({ content }: Der, { issuer, serial }: CertificateParts): boolean {
  const members = new DerMembers(content)
  const names = members.sequence().rest(4)
  const number = integerBytes(members.next(tags.integer))
  members.end()
  return (
    isSame(number, serial) && names.some(({ tag, content: name }) => tag === tags.context(4) && isSame(name, issuer))
  )
}
