import type { KeyPurpose } from '../../document/signer.ts'
import { readKeyPlace } from '../pkcs11/key-place.ts'
import { TokenProblem } from '../pkcs11/token-request.ts'
import type { TokenSigners } from '../pkcs11/token-signers.ts'
import { entryOf, formatKeys, type KeyEntry, readKeys } from './key-set.ts'
import { placeOf } from './signer-of.ts'

/**
 * Whether the token signs for an entry whose private key lies in one.
 * @returns why it does not; undefined: it does, or there is none
 */
export async function problemOf(entry: KeyEntry, tokens: TokenSigners): Promise<string | undefined> {
  const { alg, kid } = entry
  const place = placeOf(entry)
  return place && tokens.problemOf({ alg, kid, jwk: entry, place })
}

/**
 * A key that was made in a token as an entry, once it has signed.
 * @returns the entry, or why there is none
 */
export async function entryInToken(
  purpose: KeyPurpose,
  place: unknown,
  tokens: TokenSigners
): Promise<KeyEntry | string> {
  const read = readKeyPlace(place)
  if (typeof read === 'string') return read
  try {
    const entry = { ...entryOf(purpose, await tokens.publicJwk(read), 0), 'x-pkcs11': read }
    const keys = readKeys(formatKeys([entry]), purpose, tokens)
    return typeof keys === 'string' ? keys : ((await problemOf(entry, tokens)) ?? entry)
  } catch (error) {
    if (error instanceof TokenProblem) return error.message
    throw error
  }
}
