import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import type { Signer } from '../../document/signer.ts'
import { signInput, verifySignature } from '../../standards/jws.ts'
import { type KeyPlace, readKeyPlace } from '../pkcs11/key-place.ts'
import type { TokenSigners } from '../pkcs11/token-signers.ts'
import type { KeyEntry } from './key-set.ts'

const probe = Buffer.from('probe')

/**
 * Who signs for an entry: the private key in it, or the one at the place in a token that it names.
 * @returns undefined for an entry that can only be verified with
 * @throws where its private members are no key
 */
export function signerOf(entry: KeyEntry, tokens: TokenSigners): Signer | undefined {
  const { alg, kid } = entry
  const place = placeOf(entry)
  if (place) return tokens.signer({ alg, kid, jwk: entry, place })
  if (entry.d === undefined) return undefined
  const key = createPrivateKey({ key: entry as JsonWebKey, format: 'jwk' })
  // OpenSSL takes a private and a public half that do not belong together
  if (!verifySignature(alg, probe, signInput(alg, probe, key), createPublicKey(key))) throw new TypeError('no key')
  return { alg, kid, sign: input => signInput(alg, input, key) }
}

/** Where the private key of an entry lies in a token; `readKeys` lets nothing else stand there. */
export function placeOf(entry: KeyEntry): KeyPlace | undefined {
  const place = entry['x-pkcs11'] === undefined ? undefined : readKeyPlace(entry['x-pkcs11'])
  return typeof place === 'string' ? undefined : place
}
