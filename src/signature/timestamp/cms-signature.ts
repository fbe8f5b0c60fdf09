import { constants, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto'
import { DerMembers, readDer, smallInteger, tags } from '../../standards/der.ts'
import { DerError } from '../../standards/der-element.ts'
import { weaknessOf } from '../../standards/public-key.ts'
import { TimestampFault } from './fault.ts'
import { type AlgorithmId, type Hash, hashOf, readAlgorithm } from './hashes.ts'
import { algorithmIdentifiers as ids } from './identifiers.ts'

type Scheme = 'rsa' | 'ec' | 'ed25519'

/** What an algorithm of a signer signs with; `hash` undefined: that of the signer's digest. */
const schemes: ReadonlyMap<string, readonly [Scheme, Hash | undefined]> = new Map([
  [ids.rsa, ['rsa', undefined]],
  [ids.sha256WithRsa, ['rsa', 'sha256']],
  [ids.sha384WithRsa, ['rsa', 'sha384']],
  [ids.sha512WithRsa, ['rsa', 'sha512']],
  [ids.rsaPss, ['rsa', undefined]],
  [ids.ecdsaWithSha256, ['ec', 'sha256']],
  [ids.ecdsaWithSha384, ['ec', 'sha384']],
  [ids.ecdsaWithSha512, ['ec', 'sha512']],
  [ids.ed25519, ['ed25519', 'sha512']]
])

/**
 * @param hash of the signer's digest algorithm; the signature must be over the same one
 * @throws TimestampFault `weak` for what no longer counts or is not known, `signature` where it does not hold; DerError
 * @see RFC 5754, RFC 4056 (PSS), RFC 8419 (Ed25519)
 */
export function verifyCms(
  { algorithm, signature, signedBytes }: { algorithm: AlgorithmId; signature: Uint8Array; signedBytes: Uint8Array },
  hash: Hash,
  key: KeyObject
): void {
  const [scheme, ownHash = hash] = schemes.get(algorithm.oid) ?? []
  if (!scheme || weaknessOf(key)) throw new TimestampFault('weak', 'an algorithm or key that does not count')
  if (ownHash !== hash) throw new TimestampFault('attributes', 'two hashes in one signature')
  const input: VerifyKeyObjectInput = { key, ...(algorithm.oid === ids.rsaPss && pssOf(algorithm, hash)) }
  if (key.asymmetricKeyType !== scheme || !verify(scheme === 'ed25519' ? null : hash, signedBytes, input, signature))
    throw new TimestampFault('signature', 'the signature of the token does not hold')
}

/** RSASSA-PSS-params: hash, mask and length of the salt; what is left out is SHA-1, which does not count. */
function pssOf({ parameters }: AlgorithmId, hash: Hash): { readonly padding: number; readonly saltLength: number } {
  if (parameters?.tag !== tags.sequence) throw new DerError('PSS without parameters')
  const members = new DerMembers(parameters.content)
  const [hashed, masked, salt, trailer] = [0, 1, 2, 3].map(n => members.optional(tags.context(n)))
  members.end()
  if (!hashed || !masked || trailer) throw new TimestampFault('weak', 'PSS with SHA-1')
  const mask = new DerMembers(readDer(masked.content, tags.sequence).bytes)
  const { oid, parameters: maskHash } = readAlgorithm(mask)
  const isSame =
    hashOf(readAlgorithm(new DerMembers(hashed.content))) === hash &&
    oid === ids.mgf1 &&
    maskHash !== undefined &&
    hashOf(readAlgorithm(new DerMembers(maskHash.bytes))) === hash
  if (!isSame) throw new TimestampFault('weak', 'PSS with two hashes')
  const saltLength = salt ? smallInteger(readDer(salt.content, tags.integer)) : 20
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
}
