import type { HomeKeys } from '../adapters/keys/home-keys.ts'
import { formatVkey, type NoteSigner, noteKey } from '../standards/signed-note.ts'

export const logNameOf = (baseUrl: string) => `${new URL(baseUrl).host}/log`

/** All keys that the log was ever signed with, newest first. */
export const vkeysOf = (keys: HomeKeys, baseUrl: string): readonly string[] =>
  keys
    .all('log')
    .map(({ publicKey }) => formatVkey(noteKey(logNameOf(baseUrl), publicKey)))
    .reverse()

export const ownKeys = (keys: HomeKeys, baseUrl: string) => ({ jwks: keys.published(), vkeys: vkeysOf(keys, baseUrl) })

/** Every log key that can sign does: while it is rotated, the old and the new one. */
export function logSigners(keys: HomeKeys, name: string): () => readonly NoteSigner[] {
  let known: ReturnType<HomeKeys['all']> | undefined
  let signers: readonly NoteSigner[] = []
  return () => {
    const now = keys.all('log')
    if (now !== known) {
      known = now
      signers = now.flatMap(({ publicKey, signer }) =>
        signer ? [{ key: noteKey(name, publicKey), sign: (input: Uint8Array) => signer.sign(input) }] : []
      )
    }
    return signers
  }
}

/** How the log names this gateway. */
export const gatewayNamed = (baseUrl: string) => ({ name: baseUrl, address: new URL(baseUrl).hostname })
