import { type AssertionContext, judgeClient, type ProvenClient, type Replay } from '../../authenticate/assertion.ts'
import { readForm } from '../../authenticate/form.ts'
import { TokenError } from '../../authenticate/token-error.ts'
import type { Partner } from '../../document/partner.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'

/** What the endpoints of OAuth are called with: a form, and nothing known of the caller. */
export interface FormCall {
  readonly request: string
  readonly at: number
  readonly address: string
  /** the form */
  readonly body: string
}

export interface Proven {
  readonly partner: Partner
  readonly form: ReadonlyMap<string, string>
}

/** What an assertion is judged by. `aud` is issuer or token endpoint, at whichever endpoint it is used (draft-ietf-oauth-rfc7523bis). */
export const assertionContext = (
  { baseUrl, partners, published }: Pick<Parts, 'baseUrl' | 'partners' | 'published'>,
  at: number
): AssertionContext => ({ issuer: baseUrl, tokenEndpoint: `${baseUrl}/oauth2/token`, now: at, partners, published })

/** Taken by whoever uses an assertion, once over all gateways of a store, also after a crash. */
export const usedOnce = (parts: Pick<Parts, 'record'>, { key, expiresAt }: Replay, value: string) =>
  ({ kind: 'once', scope: 'jti', key: parts.record.keyring.mac('jti', key), value, expiresAt }) as const

/**
 * Proves who calls introspection or revocation: by an assertion like that of a token request (RFC 7523), which is used up.
 * @throws TokenError
 */
export async function proveClient(parts: Parts, call: FormCall): Promise<Proven> {
  const form = readForm(call.body)
  const { partner, replay }: ProvenClient = await judgeClient(form, assertionContext(parts, call.at))
  const isFirst = await parts.record.log.note([], [usedOnce(parts, replay, call.request)])
  if (!isFirst) throw new TokenError('invalid_client', 'The assertion was used before.', partner)
  return { partner, form }
}

/** @throws TokenError `invalid_request` (RFC 7662 section 2.1, RFC 7009 section 2.1) */
export function tokenIn({ form, partner }: Proven): string {
  const token = form.get('token')
  if (token === undefined) throw new TokenError('invalid_request', 'token is missing.', partner)
  return token
}

/** Those who are known have a record of each refusal; strangers are counted by the face that turned them away. */
export async function recordingRefusals<Result>(
  parts: Parts,
  call: FormCall,
  work: () => Promise<Result>
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TokenError && error.partner) await recordRefused(parts, call, error.error, error.partner)
    throw error
  }
}

async function recordRefused(parts: Parts, call: FormCall, reason: string, partner: Partner): Promise<void> {
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, { request: call.request, at: call.at, address: call.address })('token-refuse', {
        outcome: '4',
        reason,
        organizations: [partner.organization],
        entities: [{ of: 'partner', client: partner.clientId }]
      })
    ]
  })
}
