import type { ClientId } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'
import type { Proof } from './dpop.ts'
import type { ProofNonces } from './dpop-nonce.ts'
import type { StoredSession } from './session.ts'

/** Who is registered. Asked on every call, so that a disabled partner stops at once: whoever keeps it keeps it at hand. */
export interface PartnerDirectory {
  /** @returns undefined for a client that was never registered; a disabled one is returned and says so */
  byClient(id: ClientId): Partner | undefined | Promise<Partner | undefined>
}

/** Fetches what a client publishes under its `jwksUri`. */
export interface KeySetSource {
  /** @returns undefined where no such document came; never rejects */
  fetch(url: string): Promise<FetchedKeySet | undefined>
}

export interface FetchedKeySet {
  readonly body: Uint8Array
  /** for how long its server says that it holds; undefined: it does not say */
  readonly maxAgeSeconds: number | undefined
}

/** What DPoP proofs are held against beyond themselves, shared by all gateways of a store (RFC 9449 sections 9 and 11.1). */
export interface Proofs {
  readonly nonces: ProofNonces
  /** @returns whether this is the first time; durable when it resolves */
  use(proof: Proof['replay']): Promise<boolean>
}

/** Persons' sessions. Asked on every call with a token that came out of one, so that an ended session stops at once. */
export interface SessionDirectory {
  /** @returns undefined for one that ended by logging out, by the operator or by a change of passkeys */
  session(id: string): Promise<StoredSession | undefined>
}
