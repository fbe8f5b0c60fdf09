import type { AccessTokenClaims, AccessTokens } from '../../authenticate/access-token.ts'
import { actingFor } from '../../authenticate/acting.ts'
import type { Partner } from '../../document/partner.ts'
import { append } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'
import { type FormCall, proveClient, recordingRefusals, tokenIn } from './prove-client.ts'
import type { RevokedTokens } from './revoked-tokens.ts'

export type RevokeParts = Parts & { readonly tokens: AccessTokens; readonly revoked: RevokedTokens }

/**
 * Takes a client's own token back, for good: durable before it is answered, refused here from then on and by the other gateways
 * of the store within half a second. A token that is another's, over or none is left as it is, and nobody is told so.
 * @throws TokenError
 * @see RFC 7009 section 2
 */
export async function revokeToken(parts: RevokeParts, call: FormCall): Promise<void> {
  await recordingRefusals(parts, call, async () => {
    const proven = await proveClient(parts, call)
    const claims = await parts.tokens.inspect(tokenIn(proven), call.at)
    if (claims?.client_id === proven.partner.clientId) await revoke(parts, call, claims, proven.partner)
  })
}

async function revoke(
  parts: RevokeParts,
  call: FormCall,
  { jti, exp, extensions }: AccessTokenClaims,
  client: Partner
): Promise<void> {
  const { clientId, organization } = client
  const acting = actingFor(client, extensions.ihe_iua.subject_organization_id)
  // whoever comes second finds it done
  await append(parts.record, {
    guards: [{ kind: 'once', scope: 'revoked', key: jti, value: clientId, expiresAt: exp * 1000 }],
    rows: {},
    working: {},
    audit: [
      composer(parts, { request: call.request, at: call.at, address: call.address })('token-refuse', {
        reason: 'revoked',
        organizations: [...new Set([organization, acting?.organization ?? organization])],
        entities: [
          { of: 'token', jti },
          { of: 'partner', client: clientId }
        ]
      })
    ]
  })
  parts.revoked.add(jti)
}
