import { type Der, DerMembers, integerBytes, oidText, readDer, smallInteger, tags } from '../../standards/der.ts'
import { DerError } from '../../standards/der-element.ts'
import { TimestampFault } from './fault.ts'
import { type AlgorithmId, readAlgorithm } from './hashes.ts'
import { contentTypes } from './identifiers.ts'

/** By which a signer's certificate is found among those of the token. */
export type SignerId =
  | { readonly issuer: Uint8Array; readonly serial: Uint8Array }
  | { readonly keyIdentifier: Uint8Array }

/** A signature over a TSTInfo, as CMS packs it. */
export interface SignedToken {
  /** the TSTInfo in DER */
  readonly content: Uint8Array
  /** in DER, in no order */
  readonly certificates: readonly Uint8Array[]
  readonly signer: SignerId
  readonly digest: AlgorithmId
  readonly algorithm: AlgorithmId
  readonly signature: Uint8Array
  /** each type once, with its one value */
  readonly attributes: ReadonlyMap<string, Der>
  /** what the signature is over: the attributes as a SET */
  readonly signedBytes: Uint8Array
}

const maxCertificates = 10
const maxAttributes = 32

/**
 * Reads a TimeStampToken: CMS SignedData over a TSTInfo, with exactly one signer.
 * @throws DerError, TimestampFault `version`
 * @see RFC 3161 section 2.4.2, RFC 5652 section 5
 */
export function readToken(token: Uint8Array): SignedToken {
  const info = new DerMembers(readDer(token, tags.sequence).content)
  if (oidText(info.next(tags.oid)) !== contentTypes.signedData) throw new DerError('not signed data')
  const data = new DerMembers(readDer(info.next(tags.context(0)).content, tags.sequence).content)
  info.end()

  if (smallInteger(data.next(tags.integer)) !== 3) throw new TimestampFault('version', 'signed data of another version')
  const digests = new DerMembers(data.next(tags.set).content).rest(8).map(algorithmIn)
  const content = contentIn(data.sequence())
  const certificates = data.optional(tags.context(0))
  data.optional(tags.context(1))
  const [only, ...others] = new DerMembers(data.next(tags.set).content).rest(2)
  data.end()
  if (only?.tag !== tags.sequence || others.length > 0) throw new DerError('not exactly one signer')

  const signer = readSigner(new DerMembers(only.content))
  if (!digests.some(({ oid }) => oid === signer.digest.oid))
    throw new DerError('the hash of the signer is not among those of the token')
  return {
    ...signer,
    content,
    certificates: certificates
      ? new DerMembers(certificates.content)
          .rest(maxCertificates)
          .filter(({ tag }) => tag === tags.sequence)
          .map(({ bytes }) => bytes)
      : []
  }
}

const algorithmIn = ({ bytes }: Der): AlgorithmId => readAlgorithm(new DerMembers(bytes))

function contentIn(encapsulated: DerMembers): Uint8Array {
  if (oidText(encapsulated.next(tags.oid)) !== contentTypes.timestampInfo) throw new DerError('not a time-stamp')
  const { content } = readDer(encapsulated.next(tags.context(0)).content, tags.octetString)
  encapsulated.end()
  return content
}

function readSigner(signer: DerMembers) {
  const version = smallInteger(signer.next(tags.integer))
  const identifier = signer.any()
  const isByName = identifier.tag === tags.sequence
  if (version !== (isByName ? 1 : 3)) throw new TimestampFault('version', 'a signer of another version')
  const digest = signer.next(tags.sequence)
  const attributes = signer.next(tags.context(0))
  const algorithm = readAlgorithm(signer)
  const signature = signer.next(tags.octetString).content
  // unsigned attributes say nothing that anyone answers for
  signer.optional(tags.context(1))
  signer.end()
  return {
    signer: signerId(identifier),
    digest: algorithmIn(digest),
    algorithm,
    signature,
    attributes: attributesIn(attributes),
    signedBytes: Buffer.concat([Buffer.from([tags.set]), attributes.bytes.subarray(1)])
  }
}

function signerId(identifier: Der): SignerId {
  if (identifier.tag === tags.primitive(0)) return { keyIdentifier: identifier.content }
  if (identifier.tag !== tags.sequence) throw new DerError('a signer without a name')
  const members = new DerMembers(identifier.content)
  const issuer = members.next(tags.sequence).bytes
  const serial = integerBytes(members.next(tags.integer))
  members.end()
  return { issuer, serial }
}

/** A SET OF is sorted in DER; in any other order two readers would hash two things (RFC 5652 section 5.4). */
function attributesIn({ content }: Der): ReadonlyMap<string, Der> {
  const all = new DerMembers(content).rest(maxAttributes)
  if (all.some(({ bytes }, place) => place > 0 && Buffer.compare(all[place - 1]!.bytes, bytes) > 0))
    throw new DerError('the attributes are not sorted')
  const found = new Map<string, Der>()
  for (const each of all) {
    const attribute = new DerMembers(readDer(each.bytes, tags.sequence).content)
    const type = oidText(attribute.next(tags.oid))
    const [value, ...more] = new DerMembers(attribute.next(tags.set).content).rest(2)
    attribute.end()
    if (!value || more.length > 0 || found.has(type))
      throw new TimestampFault('attributes', 'an attribute without a value, or with two')
    found.set(type, value)
  }
  return found
}
