import { accessTokenSeconds, mintAccessToken } from '../../authenticate/access-token.ts'
import { personTokenClaims } from '../../authenticate/person-token.ts'
import type { ClientRole, PurposeCode } from '../../document/role.ts'
import type { CurrentSigner } from '../../document/signer.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { type Open, type Row, whoMayCall } from '../access/who-may-call.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import { partnerOf } from './person-of.ts'

export interface PersonToken {
  readonly access_token: string
  readonly token_type: 'bearer'
  readonly expires_in: number
  readonly scope: string
}

/**
 * An access token for the pages of this gateway: FHIR and plain routes take tokens alone, never cookies, so that nothing that another
 * site makes a browser send has any effect there. It ends with its session.
 * @throws Refusal `acting-ambiguous`
 */
export async function exchangeToken(
  parts: Parts & { readonly tokenSigner: CurrentSigner },
  asked: Asked,
  purpose: PurposeCode | undefined
): Promise<PersonToken> {
  const { caller, at } = asked
  const partner = await partnerOf(parts, caller.client)
  if (!partner) throw new Refusal('unauthorized', { cause: 'disabled at this moment' })
  const jti = parts.newId()
  const scope = scopesOf(caller.clientRole)
  const { person, session } = caller
  const claims = personTokenClaims(
    { partner, person, purpose, session: session!, scope },
    { issuer: parts.baseUrl, now: at, jti }
  )
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, asked)('token-issue', {
        organizations: [caller.organization],
        entities: [{ of: 'token', jti }]
      })
    ]
  })
  return {
    access_token: await mintAccessToken(claims, parts.tokenSigner()),
    token_type: 'bearer',
    expires_in: accessTokenSeconds,
    scope: scope.join(' ')
  }
}

/** All that the table of who may call what asks of this role. */
function scopesOf(role: ClientRole): readonly string[] {
  const rows: readonly (Row | Open)[] = Object.values(whoMayCall)
  const scopes = rows.flatMap(row => (typeof row === 'string' || row.may[role] === undefined ? [] : (row.scope ?? [])))
  return [...new Set(scopes)].sort()
}
