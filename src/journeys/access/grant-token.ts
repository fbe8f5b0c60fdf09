import { accessTokenClaims, accessTokenSeconds, callerFrom, mintAccessToken } from '../../authenticate/access-token.ts'
import { type GrantedToken, judgeAssertion } from '../../authenticate/assertion.ts'
import { readForm } from '../../authenticate/form.ts'
import { TokenError } from '../../authenticate/token-error.ts'
import type { CurrentSigner } from '../../document/signer.ts'
import { append } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'
import { assertionContext, type FormCall, recordingRefusals, usedOnce } from './prove-client.ts'

export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'bearer'
  readonly expires_in: number
  readonly scope: string
}

/**
 * Answers a token request (SMART Backend Services 2.2.0): judges the assertion, notes its `jti` for good and records the
 * token in one commit, and only then hands it out, so that a replayed assertion is refused by every gateway, also after a crash.
 * @throws TokenError, after the refusal was recorded where the client is known
 */
export async function grantToken(
  parts: Parts & { readonly tokenSigner: CurrentSigner },
  call: FormCall
): Promise<TokenAnswer> {
  return recordingRefusals(parts, call, async () =>
    grant(parts, call, await judgeAssertion(readForm(call.body), assertionContext(parts, call.at)))
  )
}

async function grant(
  parts: Parts & { readonly tokenSigner: CurrentSigner },
  call: FormCall,
  granted: GrantedToken
): Promise<TokenAnswer> {
  const { partner, replay, scope } = granted
  const jti = parts.newId()
  const claims = accessTokenClaims(granted, { issuer: parts.baseUrl, now: call.at, jti })
  const compose = composer(parts, { ...call, caller: callerFrom(claims, partner, call.address) })
  const appended = await append(parts.record, {
    guards: [usedOnce(parts, replay, jti)],
    rows: {},
    working: {},
    audit: [compose('token-issue', { organizations: [partner.organization], entities: [{ of: 'token', jti }] })]
  })
  if ('taken' in appended) throw new TokenError('invalid_client', 'The assertion was used before.', partner)
  return {
    access_token: await mintAccessToken(claims, parts.tokenSigner()),
    token_type: 'bearer',
    expires_in: accessTokenSeconds,
    scope: scope.join(' ')
  }
}

export { TokenError }
