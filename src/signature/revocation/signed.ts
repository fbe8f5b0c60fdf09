import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { DerError, type DerPlace } from '../../standards/der-element.ts'
import { contentOf, contextTag, DerReader, readOid, tags, wholeOf } from '../../standards/der-reader.ts'
import { weaknessOfKeys } from '../certificate-use.ts'

const verifyAsync = promisify(verify)

/** SIGNED{…} of X.509: what is signed, how, and the signature. CRLs, OCSP responses and certificates have this shape. */
export interface Signed {
  readonly tbs: DerPlace
  readonly algorithm: DerPlace
  readonly signature: Uint8Array
}

/** @throws DerError */
export function readSigned(bytes: Uint8Array, reader: DerReader): Signed {
  const tbs = reader.next(tags.sequence)
  const algorithm = reader.next(tags.sequence)
  return { tbs, algorithm, signature: contentOf(bytes, reader.next(tags.bitString)).subarray(1) }
}

const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512'
}
/** signature algorithms with their hash and the type of their keys; SHA-1 is not among them */
const algorithms: Readonly<Record<string, readonly [string | undefined, string]>> = {
  '1.2.840.113549.1.1.11': ['sha256', 'rsa'],
  '1.2.840.113549.1.1.12': ['sha384', 'rsa'],
  '1.2.840.113549.1.1.13': ['sha512', 'rsa'],
  '1.2.840.10045.4.3.2': ['sha256', 'ec'],
  '1.2.840.10045.4.3.3': ['sha384', 'ec'],
  '1.2.840.10045.4.3.4': ['sha512', 'ec'],
  '1.3.101.112': [undefined, 'ed25519']
}
const pss = '1.2.840.113549.1.1.10'

/**
 * Whether the signature holds; the hashing is done outside the event loop.
 * @param key SubjectPublicKeyInfo
 * @returns false also for algorithms that are not known, or too weak
 * @throws DerError
 */
export async function isSignedBy(
  bytes: Uint8Array,
  { tbs, algorithm, signature }: Signed,
  key: KeyObject
): Promise<boolean> {
  const reader = new DerReader(bytes, algorithm)
  const oid = readOid(bytes, reader.next())
  const isPss = oid === pss
  const [hash, type] = isPss ? [pssHash(bytes, reader), 'rsa'] : (algorithms[oid] ?? [undefined, 'none'])
  if (key.asymmetricKeyType !== type || (isPss && hash === undefined)) return false
  if (weaknessOfKeys([key]) !== undefined) return false
  const options = isPss
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    : key
  try {
    return await verifyAsync(hash, wholeOf(bytes, tbs), options, signature)
  } catch {
    return false // a signature that cannot be one of this algorithm
  }
}

/** `[0] hashAlgorithm` of RSASSA-PSS-params; its default is SHA-1, which is too weak. */
function pssHash(bytes: Uint8Array, algorithm: DerReader): string | undefined {
  const hash = algorithm.enterOptional(tags.sequence)?.enterOptional(contextTag(0))?.enter(tags.sequence)
  return hash && hashes[readOid(bytes, hash.next())]
}

/** The key of a certificate, from its SubjectPublicKeyInfo. @throws DerError where there is none that Node knows */
export function keyFrom(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    throw new DerError('no key of a known kind')
  }
}
