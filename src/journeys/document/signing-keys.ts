import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { JWK } from 'jose'
import type { Caller } from '../../document/caller.ts'
import type { SigningKey } from '../../signature/ports.ts'
import type { PartnerReads } from '../ports.ts'

/** KeyObjects by their JWK; a partner's keys are replaced as a whole when its registration changes, and go with it. */
const made = new WeakMap<JWK, SigningKey>()

/** Looks up keys that were registered for the caller's organisation in the caller's role, never another's. */
export function signingKeysOf(partners: PartnerReads, caller: Caller): (kid: string) => SigningKey | undefined {
  return kid => {
    for (const partner of partners.ofOrganization(caller.organization)) {
      if (partner.role !== caller.clientRole || partner.disabled) continue
      const jwk = partner.signingKeys.keys.find(key => key.kid === kid)
      if (jwk) return keyOf(jwk)
    }
    return undefined
  }
}

function keyOf(jwk: JWK): SigningKey {
  const known = made.get(jwk)
  if (known) return known
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  const signing = { key, ...(jwk.alg !== undefined && { alg: jwk.alg }) }
  made.set(jwk, signing)
  return signing
}
