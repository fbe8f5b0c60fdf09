import { timingSafeEqual } from 'node:crypto'
import type { Instant } from '../document/ids.ts'

const stepMs = 60_000

/** Nonces for DPoP proofs: nobody can know one before its time, so that no proof can be made beforehand. */
export interface ProofNonces {
  /** the one to hand out now; proofs with it are taken for one to two minutes */
  at(now: Instant): string
  isTaken(nonce: string, now: Instant): boolean
}

/**
 * Nonces that nobody has to remember: the MAC of a step of time under a secret that all gateways of a store share, also after a
 * restart. The step before is taken too, and the one to come, since another gateway's clock may be ahead.
 * @param mac of a text, base64url, under a secret that no caller knows
 * @see RFC 9449 sections 8, 9 and 11.2
 */
export function proofNonces(mac: (text: string) => string): ProofNonces {
  const of = (step: number) => mac(String(step))
  const stepAt = (now: Instant) => Math.floor(now / stepMs)
  return {
    at: now => of(stepAt(now)),
    isTaken: (nonce, now) => [0, -1, 1].some(later => isSame(nonce, of(stepAt(now) + later)))
  }
}

function isSame(one: string, other: string): boolean {
  const [given, right] = [Buffer.from(one), Buffer.from(other)]
  return given.length === right.length && timingSafeEqual(given, right)
}
