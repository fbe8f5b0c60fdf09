import type { ClientId } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'

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
