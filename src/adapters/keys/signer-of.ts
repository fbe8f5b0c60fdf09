import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import type { Signer } from '../../document/signer.ts'
import { signInput, verifySignature } from '../../standards/jws.ts'
import type { KeyEntry } from './key-set.ts'

const probe = Buffer.from('probe')

/**
 * Who signs for an entry: the private key in it.
 * @returns undefined for an entry that can only be verified with
 * @throws where its private members are no key
 */
export function signerOf(entry: KeyEntry): Signer | undefined {
  const { alg, kid } = entry
  if (entry.d === undefined) return undefined
  const key = createPrivateKey({ key: entry as JsonWebKey, format: 'jwk' })
  // OpenSSL takes a private and a public half that do not belong together
  if (!verifySignature(alg, probe, signInput(alg, probe, key), createPublicKey(key))) throw new TypeError('no key')
  return { alg, kid, sign: input => signInput(alg, input, key) }
}
