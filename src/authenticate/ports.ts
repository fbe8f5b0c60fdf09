import type { ClientId } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'
import type { Algorithm } from '../standards/jws.ts'

/** Who is registered. Asked on every call, so that a disabled partner stops at once: whoever keeps it keeps it at hand. */
export interface PartnerDirectory {
  /** @returns undefined for a client that was never registered; a disabled one is returned and says so */
  byClient(id: ClientId): Partner | undefined | Promise<Partner | undefined>
}

/** A private key of this gateway, wherever it lies. */
export interface Signer {
  readonly alg: Algorithm
  readonly kid: string
  /** @returns the signature as JOSE writes it (ECDSA: r‖s) */
  sign(input: Uint8Array): Uint8Array | Promise<Uint8Array>
}
