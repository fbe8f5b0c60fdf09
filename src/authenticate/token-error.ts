import type { Partner } from '../document/partner.ts'

/** Error codes of the token endpoint (RFC 6749 section 5.2, RFC 9449 sections 5 and 8), as far as this gateway utters them. */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'

/**
 * A "no" of the token endpoint. OAuth clients branch on `error`, so this is not a `Refusal` of the catalogue.
 * `description` is English, as RFC 6749 allows no other characters than ASCII; it never repeats what was sent.
 */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly error: TokenErrorCode
  readonly status: 400 | 401
  readonly description: string
  /** who was refused, where the assertion proved it */
  readonly partner: Partner | undefined

  constructor(error: TokenErrorCode, description: string, partner?: Partner) {
    super(error)
    this.error = error
    this.status = error === 'invalid_client' ? 401 : 400
    this.description = description
    this.partner = partner
  }
}
