import type { Person, PersonSession } from '../document/caller.ts'
import type { Instant } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'
import type { PurposeCode } from '../document/role.ts'
import { Refusal } from '../outcome/refusal.ts'
import { type AccessTokenClaims, accessTokenClaims } from './access-token.ts'

/**
 * Claims of the access token that a page of ours gets for its session: as those of a client, with the session that it ends with
 * (`sid`) and when the person last proved to be there (`auth_time`, `acr`). The scope is all that
 * the role may ask for: a person's reach is capped by the role alone.
 * @throws Refusal `acting-ambiguous` for a purpose that the account does not have
 */
export function personTokenClaims(
  facts: {
    readonly partner: Partner
    readonly person: Person | undefined
    /** undefined: the only one that there is, or none */
    readonly purpose: PurposeCode | undefined
    readonly session: PersonSession
    readonly scope: readonly string[]
  },
  token: { readonly issuer: string; readonly now: Instant; readonly jti: string }
): AccessTokenClaims {
  const { partner, person, session, scope } = facts
  const only = partner.purposes.length === 1 ? partner.purposes[0] : undefined
  const purpose = facts.purpose ?? only
  if (facts.purpose !== undefined && !partner.purposes.includes(facts.purpose)) throw new Refusal('acting-ambiguous')
  return {
    ...accessTokenClaims({ partner, person, purpose, scope }, token),
    sid: session.id,
    auth_time: Math.floor(session.steppedUpAt / 1000),
    // phishing-resistant, as passkeys are (RFC 9470, OpenID Enhanced Authentication Profile); what a provider did is not known here
    ...(!session.credential.startsWith('openid:') && { acr: 'phr' as const })
  }
}
