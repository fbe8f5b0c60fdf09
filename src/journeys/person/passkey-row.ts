import { type PasskeyKey, relyingPartyOf } from '../../authenticate/passkey.ts'
import { type ChallengeUse, challengeEnd } from '../../authenticate/passkey-challenge.ts'
import type { ClientId } from '../../document/ids.ts'
import type { Keyring } from '../../record/keyring.ts'
import type { Working } from '../../record/ports.ts'
import type { Guard } from '../../record/write-set.ts'
import type { Parts } from '../parts.ts'

export const credentialMac = (keyring: Keyring, credentialId: string): string => keyring.mac('passkey', credentialId)

/** A passkey as it is stored, sealed under its account's key. */
export function passkeyRow(
  keyring: Keyring,
  key: Uint8Array,
  passkey: PasskeyKey & { readonly id: string; readonly account: ClientId; readonly name: string; readonly at: number }
): Working['passkey'] {
  const { id, account, counter, at, ...facts } = passkey
  const { credentialId, publicKey, isSynced, isBackedUp, name } = facts
  const body = Buffer.from(JSON.stringify({ credentialId, publicKey, isSynced, isBackedUp, name }))
  return {
    id,
    account,
    credentialMac: credentialMac(keyring, credentialId),
    sealed: keyring.seal(key, `passkey|${id}`, body),
    counter,
    at
  }
}

/** A credential is registered once, wherever it comes from. */
export const firstPasskey = (keyring: Keyring, { credentialId }: PasskeyKey, id: string): Guard => ({
  kind: 'once',
  scope: 'passkey',
  key: credentialMac(keyring, credentialId),
  value: id,
  expiresAt: null
})

/** What an answer of a browser must hold to, and the guard that uses up the challenge that it held to. */
export function expectChallenge({ record, baseUrl }: Pick<Parts, 'record' | 'baseUrl'>, use: ChallengeUse, at: number) {
  const { keyring } = record
  const mac = (...parts: readonly string[]) => keyring.mac(...parts)
  let used: { readonly challenge: string; readonly end: number } | undefined
  return {
    expected: {
      party: relyingPartyOf(baseUrl),
      isOurs: (challenge: string): boolean => {
        const end = challengeEnd(mac, challenge, use, at)
        if (end !== undefined) used = { challenge, end }
        return end !== undefined
      }
    },
    /** @throws TypeError before an answer was judged */
    once: (value: string): Guard => {
      if (!used) throw new TypeError('no challenge was judged')
      const key = keyring.mac('used-challenge', used.challenge)
      return { kind: 'once', scope: 'challenge', key, value, expiresAt: used.end }
    }
  }
}
