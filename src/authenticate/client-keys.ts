import type { KeyObject } from 'node:crypto'
import type { Partner } from '../document/partner.ts'
import { type Algorithm, isKeyFor } from '../standards/jws.ts'
import { PublicKeyError, readPublicJwk } from '../standards/public-key.ts'

type Keys = Partner['jwks']

/** Keys are read once and kept for as long as their set is; by `kid`, undefined where the key is none to rely on. */
const read = new WeakMap<Keys, Map<string, KeyObject | undefined>>()

/**
 * The key of a client that a signature names: one alone of this `kid`, for signatures, and for this algorithm.
 * @returns undefined where there is none that fits, or none under which a signature proves anything
 * @see RFC 7517 section 4, RFC 8725 sections 3.1 and 3.10
 */
export function clientKey(jwks: Keys, kid: string, alg: Algorithm): KeyObject | undefined {
  const [jwk, ...others] = jwks.keys.filter(each => each.kid === kid)
  if (jwk === undefined || others.length > 0) return undefined
  if (jwk.alg !== undefined && jwk.alg !== alg) return undefined
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) return undefined
  const key = keyOf(jwks, kid, jwk)
  return key && isKeyFor(alg, key) ? key : undefined
}

function keyOf(jwks: Keys, kid: string, jwk: object): KeyObject | undefined {
  const keys = read.get(jwks) ?? new Map<string, KeyObject | undefined>()
  read.set(jwks, keys)
  if (!keys.has(kid)) keys.set(kid, readOrNone(jwk))
  return keys.get(kid)
}

/** A bad registration shall not look like a defect of ours. */
function readOrNone(jwk: object): KeyObject | undefined {
  try {
    return readPublicJwk(jwk)
  } catch (error) {
    if (error instanceof PublicKeyError) return undefined
    throw error
  }
}
