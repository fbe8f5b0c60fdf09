import { type ProofNonces, proofNonces } from '../../authenticate/dpop-nonce.ts'
import type { Proofs } from '../../authenticate/ports.ts'
import type { RecordParts } from '../../record/append.ts'
import type { Keyring } from '../../record/keyring.ts'

/** Nonces for DPoP proofs: the same at every gateway of a store, since they have one master key. */
export const noncesOf = (keyring: Pick<Keyring, 'mac'>): ProofNonces =>
  proofNonces(step => keyring.mac('dpop-nonce', step))

type Use = Parameters<Proofs['use']>[0]

/** Taken by whoever uses a proof first, at the token endpoint or on a call. */
export const proofUse = (keyring: Pick<Keyring, 'mac'>, { key, expiresAt }: Use) =>
  ({ kind: 'once', scope: 'dpop', key: keyring.mac('dpop', key), value: '', expiresAt }) as const

/**
 * What proofs are held against on calls. Each is noted in the store before the call goes on, so that another gateway refuses it
 * too; such notes wait for one another and share an fsync. Clients without DPoP do not pay for it.
 */
export const proofsOf = ({ keyring, log }: RecordParts): Proofs => ({
  nonces: noncesOf(keyring),
  use: proof => log.note([], [proofUse(keyring, proof)])
})
