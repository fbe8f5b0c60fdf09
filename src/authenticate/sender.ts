import type { Instant } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'
import type { Presented } from '../document/presented.ts'
import { Refusal } from '../outcome/refusal.ts'
import type { ShownToken } from './challenge.ts'
import { CertificateError, certificateThumbprint } from './client-certificate.ts'
import { judgeProof, type Proof, type ProofContext, ProofError } from './dpop.ts'
import type { ProofNonces } from './dpop-nonce.ts'
import { TokenError } from './token-error.ts'

/** `cnf` of an access token: the key, the certificate or both, without which it is worth nothing (RFC 7800). */
export interface Confirmation {
  /** RFC 9449 section 6.1 */
  readonly jkt?: string
  /** RFC 8705 section 3.1 */
  readonly 'x5t#S256'?: string
}

/** How a token is to be shown; `bearer` as SMART writes it, since RFC 6749 section 5.1 compares without case. */
export type TokenType = 'bearer' | 'DPoP'

/** A certificate changes nothing about it (RFC 8705 section 3). */
export const tokenType = (cnf: Confirmation | undefined): TokenType => (cnf?.jkt === undefined ? 'bearer' : 'DPoP')

/** A token as it will be bound. */
export interface Binding {
  /** undefined: to nothing */
  readonly cnf: Confirmation | undefined
  /** to be noted when the token is handed out */
  readonly proof: Proof['replay'] | undefined
}

export interface SenderContext {
  /** `{b}`, without a slash at its end */
  readonly issuer: string
  readonly now: Instant
  readonly nonces: ProofNonces
}

/**
 * To what the token of this request is bound: to the key of a proof, where one came, and to the certificate that the client is
 * registered with.
 * @throws TokenError for a proof that does not hold, and where the registration asks for what did not come. That a nonce is
 *   needed is said without the partner: nobody is refused who only has to ask again.
 * @see RFC 9449 section 5, RFC 8705 section 3
 */
export function bindToken(partner: Partner, presented: Presented, context: SenderContext): Binding {
  const thumbprint = partner.certificateThumbprint
  if (thumbprint !== undefined && shownIn(presented, context) !== thumbprint) {
    throw new TokenError(
      'invalid_client',
      'The TLS certificate that this client is registered with is missing.',
      partner
    )
  }
  const proof = partner.dpop || presented.dpop.length > 0 ? proofIn(partner, presented, context) : undefined
  const cnf = {
    ...(proof && { jkt: proof.jkt }),
    ...(thumbprint !== undefined && { 'x5t#S256': thumbprint })
  }
  return { cnf: Object.keys(cnf).length > 0 ? cnf : undefined, proof: proof?.replay }
}

function proofIn(partner: Partner, presented: Presented, context: SenderContext): Proof {
  try {
    return judgeProof(presented.dpop, proofContext(presented, context, undefined))
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    throw new TokenError(error.error, error.message, error.error === 'use_dpop_nonce' ? undefined : partner)
  }
}

/** The request as its sender saw it: below `{b}`, whatever proxies made of it on the way. */
export function proofContext(
  { method, target }: Presented,
  { issuer, now, nonces }: SenderContext,
  accessToken: string | undefined
): ProofContext {
  return { method, uri: `${issuer}${target}`, now, nonces, accessToken }
}

/** @returns thumbprint; undefined without a certificate, and for one that does not count */
function shownIn({ certificate }: Presented, { now }: Pick<SenderContext, 'now'>): string | undefined {
  try {
    return certificateThumbprint(certificate, now)
  } catch (error) {
    if (error instanceof CertificateError) return undefined
    throw error
  }
}

/** A token that is good in itself, and how it was shown. */
export interface BoundToken extends ShownToken {
  readonly cnf: Confirmation | undefined
  readonly partner: Partner
}

/**
 * Whether whoever shows a token is the one that it was given to.
 * @returns what is to be noted of its proof before the call goes on; undefined where there is none
 * @throws ProofError; Refusal `unauthorized` for a token of one kind shown as the other, the wrong key, the wrong certificate, and
 *   where the client was registered anew since for tokens that are bound otherwise
 * @see RFC 9449 sections 7.1 and 7.2, RFC 8705 section 3
 */
export function checkSender(
  token: BoundToken,
  presented: Presented,
  context: SenderContext
): Proof['replay'] | undefined {
  const { cnf = {}, partner } = token
  const thumbprint = cnf['x5t#S256']
  if (thumbprint !== partner.certificateThumbprint)
    throw unauthorized('bound to another certificate than is registered')
  if (thumbprint !== undefined && shownIn(presented, context) !== thumbprint)
    throw unauthorized('without its certificate')
  const isBound = cnf.jkt !== undefined
  if (isBound !== (token.scheme === 'DPoP')) throw unauthorized('shown by the wrong scheme')
  if (!isBound && partner.dpop) throw unauthorized('not bound to a key, as its client is now registered')
  if (!isBound) return undefined
  const proof = judgeProof(presented.dpop, proofContext(presented, context, token.token))
  if (proof.jkt !== cnf.jkt) throw unauthorized('proven by another key')
  return proof.replay
}

const unauthorized = (cause: string) => new Refusal('unauthorized', { cause })
