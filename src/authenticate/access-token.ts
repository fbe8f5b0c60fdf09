import { createHash, type KeyObject } from 'node:crypto'
import type { Caller, PersonSession } from '../document/caller.ts'
import type { ClientId, Instant } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'
import type { Presented } from '../document/presented.ts'
import { sideOfClient } from '../document/role.ts'
import type { Signer } from '../document/signer.ts'
import { Refusal } from '../outcome/refusal.ts'
import { JsonError, readJson } from '../standards/json.ts'
import { compact, JwsError, parseCompact, signingInput, verifySignature } from '../standards/jws.ts'
import { actingFor, type IuaClaims, iuaClaims } from './acting.ts'
import type { GrantedToken } from './assertion.ts'
import { challenged, maxTokenLength, shownToken } from './challenge.ts'
import { ProofError } from './dpop.ts'
import type { PartnerDirectory, Proofs, SessionDirectory } from './ports.ts'
import { splitScopes } from './scope.ts'
import { type Confirmation, checkSender } from './sender.ts'
import { isOpen } from './session.ts'

export const accessTokenSeconds = 300
const alg = 'ES384'
const typ = 'at+jwt'

/** Claims of an access token (RFC 9068 section 2.2, contract §3); times in seconds since 1970. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly aud: string
  readonly sub: ClientId
  readonly client_id: ClientId
  readonly jti: string
  readonly iat: number
  readonly exp: number
  readonly scope: string
  /** to what it is bound; left out: to nothing */
  readonly cnf?: Confirmation
  readonly extensions: { readonly ihe_iua: IuaClaims }
  /** the person's session that the token came out of, and ends with; undefined: a machine's client */
  readonly sid?: string
  /** when the person last proved to be there, and how (OpenID Connect Core section 2; `phr`: phishing-resistant) */
  readonly auth_time?: number
  readonly acr?: string
}

/** @param now whole seconds are taken from it, so that a token lives for 299 to 300 seconds */
export function accessTokenClaims(
  granted: Pick<GrantedToken, 'partner' | 'scope' | 'purpose' | 'person'>,
  {
    issuer,
    now,
    jti,
    cnf
  }: { readonly issuer: string; readonly now: Instant; readonly jti: string; readonly cnf?: Confirmation | undefined }
): AccessTokenClaims {
  const { partner } = granted
  const iat = Math.floor(now / 1000)
  return {
    iss: issuer,
    aud: audienceOf(issuer),
    sub: partner.clientId,
    client_id: partner.clientId,
    jti,
    iat,
    exp: iat + accessTokenSeconds,
    scope: granted.scope.join(' '),
    ...(cnf && { cnf }),
    extensions: { ihe_iua: iuaClaims(granted) }
  }
}

/**
 * @returns a compact JWS, `typ: at+jwt`
 * @throws TypeError if the signer is not one for ES384
 */
export async function mintAccessToken(claims: AccessTokenClaims, signer: Signer): Promise<string> {
  if (signer.alg !== alg) throw new TypeError(`access tokens are signed with ${alg}`)
  const input = signingInput({ alg, typ, kid: signer.kid }, Buffer.from(JSON.stringify(claims)))
  return compact(input, await signer.sign(Buffer.from(input, 'latin1')))
}

/** Who calls: the token says for what and as whom, the registration says who the client is. */
export function callerFrom(
  claims: AccessTokenClaims,
  partner: Partner,
  address: string,
  session?: PersonSession
): Caller {
  const { subject_role, purpose_of_use, subject_id, subject_name } = claims.extensions.ihe_iua
  return {
    client: partner.clientId,
    clientRole: partner.role,
    side: sideOfClient[partner.role],
    party: partner.party,
    organization: partner.organization,
    organizationIdentifier: partner.organizationIdentifier,
    role: subject_role[0].code,
    purpose: purpose_of_use?.[0].code,
    person: subject_id !== undefined && subject_name !== undefined ? { id: subject_id, name: subject_name } : undefined,
    scopes: new Set(splitScopes(claims.scope)),
    token: claims.jti,
    address,
    ...(session && { session })
  }
}

export interface AccessTokenSettings {
  readonly issuer: string
  /** public keys of purpose `token`, by kid; older ones stay until their last token has expired */
  readonly keys: Pick<ReadonlyMap<string, KeyObject>, 'get' | 'has'>
  readonly partners: PartnerDirectory
  /** whether the token of this `jti` was revoked (RFC 7009) */
  readonly isRevoked?: (jti: string) => boolean
  readonly proofs: Proofs
  /** undefined: no token of a session is taken */
  readonly sessions?: SessionDirectory
  /** how many verified tokens are remembered */
  readonly remembered?: number
}

/**
 * Knows our own access tokens. A signature is verified once for each token and gateway, the rest on each call: a
 * verification costs a hundred times what a digest does. Only what was verified is remembered, so strangers cannot
 * drive the tokens of others out.
 */
export class AccessTokens {
  readonly #settings: AccessTokenSettings
  readonly #limit: number
  /** by SHA-256 of the token, the longest unused first */
  readonly #verified = new Map<string, Verified>()

  constructor(settings: AccessTokenSettings) {
    this.#settings = settings
    this.#limit = settings.remembered ?? 10_000
  }

  /**
   * @throws Refusal `unauthorized`: no token, not ours, expired, its client disabled or registered anew since, or shown by somebody
   *   else than it was given to; with the challenge that says so
   * @throws Refusal `store-unavailable`, where it cannot be noted that a proof is used up
   * @see RFC 6750 section 2.1, RFC 9068 section 4, RFC 9449 section 7
   */
  async callerOf(presented: Presented, now: Instant): Promise<Caller> {
    const shown = shownToken(presented)
    const { issuer, proofs } = this.#settings
    try {
      const { claims, partner, session } = await this.#standing(shown.token, now)
      const token = { ...shown, cnf: claims.cnf, partner }
      const proof = checkSender(token, presented, { issuer, now, nonces: proofs.nonces })
      if (proof && !(await proofs.use(proof))) throw new ProofError('invalid_dpop_proof', 'The proof was used before.')
      return callerFrom(claims, partner, presented.address, session)
    } catch (error) {
      throw challenged(error, shown)
    }
  }

  /**
   * What a token that would be taken now says, whoever holds it.
   * @returns undefined for one that would be refused, for whatever cause
   * @see RFC 7662 section 2.2
   */
  async inspect(token: string, now: Instant): Promise<AccessTokenClaims | undefined> {
    if (token.length > maxTokenLength) return undefined
    try {
      return (await this.#standing(token, now)).claims
    } catch (error) {
      if (error instanceof Refusal && error.key === 'unauthorized') return undefined
      throw error
    }
  }

  async #standing(token: string, now: Instant): Promise<Standing> {
    const { claims, kid } = this.#verify(token)
    if (!this.#settings.keys.has(kid)) throw unauthorized('signed by a key that was taken away since')
    if (now >= claims.exp * 1000) throw unauthorized('expired')
    if (this.#settings.isRevoked?.(claims.jti)) throw unauthorized('revoked')
    const partner = await this.#settings.partners.byClient(claims.client_id)
    if (partner === undefined || partner.disabled) throw unauthorized('client not registered or disabled')
    const acting = actingFor(partner, claims.extensions.ihe_iua.subject_organization_id)
    if (acting === undefined) throw unauthorized('client registered for this organisation no longer')
    return { claims, partner: acting, session: await this.#sessionOf(claims, partner, now) }
  }

  /** @returns undefined for the token of a machine's client */
  async #sessionOf({ sid }: AccessTokenClaims, partner: Partner, now: Instant): Promise<PersonSession | undefined> {
    if (sid === undefined) return undefined
    const session = await this.#settings.sessions?.session(sid)
    if (!session || session.account !== partner.clientId || !isOpen(session, partner.role, now)) {
      throw unauthorized('its session has ended')
    }
    const { id, credential, steppedUpAt } = session
    return { id, credential, steppedUpAt }
  }

  #verify(token: string): Verified {
    const digest = createHash('sha256').update(token).digest('base64url')
    const known = this.#verified.get(digest)
    const found = known ?? verify(token, this.#settings)
    this.#verified.delete(digest)
    if (known === undefined && this.#verified.size === this.#limit) {
      const [oldest] = this.#verified.keys()
      this.#verified.delete(oldest!)
    }
    this.#verified.set(digest, found)
    return found
  }
}

interface Standing {
  readonly claims: AccessTokenClaims
  readonly partner: Partner
  readonly session: PersonSession | undefined
}

interface Verified {
  readonly claims: AccessTokenClaims
  readonly kid: string
}

/** What never changes about a token: signature, issuer, audience. */
function verify(token: string, { issuer, keys }: AccessTokenSettings): Verified {
  const { header, payload, signature, signingInput: signed } = parsed(token)
  const { kid = '' } = header
  if (header.typ?.toLowerCase().replace(/^application\//, '') !== typ) throw unauthorized('not an access token')
  const key = keys.get(kid)
  if (key === undefined || !verifySignature(alg, signed, signature, key)) throw unauthorized('not signed by us')
  const claims = readClaims(payload)
  if (claims.iss !== issuer || claims.aud !== audienceOf(issuer)) throw unauthorized('issued elsewhere')
  return { claims, kid }
}

function parsed(token: string) {
  try {
    return parseCompact(token, { algorithms: [alg] })
  } catch (error) {
    if (error instanceof JwsError) throw unauthorized(error.message)
    throw error
  }
}

/** Signed by us under this `typ`, so that the shape is that of `accessTokenClaims`. */
function readClaims(payload: Uint8Array): AccessTokenClaims {
  try {
    return readJson(payload, { maxDepth: 8 }).value as AccessTokenClaims
  } catch (error) {
    if (error instanceof JsonError) throw unauthorized(error.message)
    throw error
  }
}

const audienceOf = (issuer: string) => `${issuer}/fhir`
const unauthorized = (cause: string) => new Refusal('unauthorized', { cause })
