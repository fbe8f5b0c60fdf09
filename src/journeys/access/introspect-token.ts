import type { AccessTokenClaims, AccessTokens } from '../../authenticate/access-token.ts'
import { type TokenType, tokenType } from '../../authenticate/sender.ts'
import type { Parts } from '../parts.ts'
import { type FormCall, proveClient, recordingRefusals, tokenIn } from './prove-client.ts'

/** RFC 7662 section 2.2; the claims of the token as they stand in it, `cnf` among them, and how it has to be shown. */
export type Introspected =
  | { readonly active: false }
  | ({ readonly active: true; readonly token_type: TokenType } & AccessTokenClaims)

/**
 * Tells what a token says that would be taken now. A client learns of its own tokens alone, an operator of any; all else, be it
 * expired, revoked, another's or no token at all, has one answer.
 * @throws TokenError
 * @see RFC 7662, RFC 9449 section 6.2, IHE IUA ITI-102
 */
export async function introspectToken(
  parts: Parts & { readonly tokens: AccessTokens },
  call: FormCall
): Promise<Introspected> {
  return recordingRefusals(parts, call, async () => {
    const proven = await proveClient(parts, call)
    const claims = await parts.tokens.inspect(tokenIn(proven), call.at)
    const { clientId, role } = proven.partner
    const isShown = claims !== undefined && (claims.client_id === clientId || role === 'operator')
    return isShown ? { active: true, token_type: tokenType(claims.cnf), ...claims } : { active: false }
  })
}
