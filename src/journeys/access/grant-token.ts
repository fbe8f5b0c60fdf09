import { accessTokenClaims, accessTokenSeconds, callerFrom, mintAccessToken } from '../../authenticate/access-token.ts'
import { type GrantedToken, judgeAssertion } from '../../authenticate/assertion.ts'
import { readForm } from '../../authenticate/form.ts'
import { TokenError } from '../../authenticate/token-error.ts'
import type { Partner } from '../../document/partner.ts'
import type { Signer } from '../../document/signer.ts'
import { append, appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'

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
  parts: Parts & { readonly tokenSigner: Signer },
  call: TokenCall & { readonly body: string }
): Promise<TokenAnswer> {
  const tokenEndpoint = `${parts.baseUrl}/oauth2/token`
  const context = { issuer: parts.baseUrl, tokenEndpoint, now: call.at, partners: parts.partners }
  try {
    return await grant(parts, call, await judgeAssertion(readForm(call.body), context))
  } catch (error) {
    if (error instanceof TokenError && error.partner) await recordRefused(parts, call, error.error, error.partner)
    throw error
  }
}

interface TokenCall {
  readonly request: string
  readonly at: number
  readonly address: string
}

async function grant(
  parts: Parts & { readonly tokenSigner: Signer },
  call: TokenCall,
  granted: GrantedToken
): Promise<TokenAnswer> {
  const { partner, replay, scope } = granted
  const jti = parts.newId()
  const claims = accessTokenClaims(granted, { issuer: parts.baseUrl, now: call.at, jti })
  const compose = composer(parts, { ...call, caller: callerFrom(claims, partner, call.address) })
  const appended = await append(parts.record, {
    guards: [
      {
        kind: 'once',
        scope: 'jti',
        key: parts.record.keyring.mac('jti', replay.key),
        value: jti,
        expiresAt: replay.expiresAt
      }
    ],
    rows: {},
    working: {},
    audit: [compose('token-issue', { organizations: [partner.organization], entities: [{ of: 'token', jti }] })]
  })
  if ('taken' in appended) throw new TokenError('invalid_client', 'The assertion was used before.', partner)
  return {
    access_token: await mintAccessToken(claims, parts.tokenSigner),
    token_type: 'bearer',
    expires_in: accessTokenSeconds,
    scope: scope.join(' ')
  }
}

/** Those who are known have a record each; strangers are counted by the face that turned them away. */
async function recordRefused(parts: Parts, call: TokenCall, reason: string, partner: Partner): Promise<void> {
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, call)('token-refuse', {
        outcome: '4',
        reason,
        organizations: [partner.organization],
        entities: [{ of: 'partner', client: partner.clientId }]
      })
    ]
  })
}

export { TokenError }
