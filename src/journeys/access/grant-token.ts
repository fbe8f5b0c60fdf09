import { accessTokenClaims, accessTokenSeconds, callerFrom, mintAccessToken } from '../../authenticate/access-token.ts'
import { type GrantedToken, judgeAssertion } from '../../authenticate/assertion.ts'
import { readForm } from '../../authenticate/form.ts'
import { bindToken, type TokenType, tokenType } from '../../authenticate/sender.ts'
import { TokenError } from '../../authenticate/token-error.ts'
import type { Presented } from '../../document/presented.ts'
import type { CurrentSigner } from '../../document/signer.ts'
import { append } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'
import { noncesOf, proofUse } from './proofs.ts'
import { assertionContext, type FormCall, recordingRefusals, usedOnce } from './prove-client.ts'

export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: TokenType
  readonly expires_in: number
  readonly scope: string
}

export type TokenCall = FormCall & { readonly presented: Presented }

/**
 * Answers a token request (SMART Backend Services 2.2.0): judges the assertion and to what the token is bound, notes the `jti`
 * of assertion and proof for good and records the token in one commit, and only then hands it out, so that a replay of either is
 * refused by every gateway, also after a crash.
 * @throws TokenError, after the refusal was recorded where the client is known
 */
export async function grantToken(
  parts: Parts & { readonly tokenSigner: CurrentSigner },
  call: TokenCall
): Promise<TokenAnswer> {
  return recordingRefusals(parts, call, async () =>
    grant(parts, call, await judgeAssertion(readForm(call.body), assertionContext(parts, call.at)))
  )
}

async function grant(
  parts: Parts & { readonly tokenSigner: CurrentSigner },
  call: TokenCall,
  granted: GrantedToken
): Promise<TokenAnswer> {
  const { partner, replay, scope } = granted
  const { keyring } = parts.record
  const { cnf, proof } = bindToken(partner, call.presented, {
    issuer: parts.baseUrl,
    now: call.at,
    nonces: noncesOf(keyring)
  })
  const jti = parts.newId()
  const claims = accessTokenClaims(granted, { issuer: parts.baseUrl, now: call.at, jti, cnf })
  const compose = composer(parts, { ...call, caller: callerFrom(claims, partner, call.address) })
  const appended = await append(parts.record, {
    guards: [usedOnce(parts, replay, jti), ...(proof ? [proofUse(keyring, proof)] : [])],
    rows: {},
    working: {},
    audit: [compose('token-issue', { organizations: [partner.organization], entities: [{ of: 'token', jti }] })]
  })
  if ('taken' in appended) {
    throw appended.taken.scope === 'dpop'
      ? new TokenError('invalid_dpop_proof', 'The proof was used before.', partner)
      : new TokenError('invalid_client', 'The assertion was used before.', partner)
  }
  return {
    access_token: await mintAccessToken(claims, parts.tokenSigner()),
    token_type: tokenType(cnf),
    expires_in: accessTokenSeconds,
    scope: scope.join(' ')
  }
}

export { TokenError }
