import { createHash } from 'node:crypto'
import { as, type ClientId, type Instant } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'
import { type Algorithm, type Jws, JwsError, type JwsHeader, parseCompact, verifySignature } from '../standards/jws.ts'
import { type Acting, judgeActing } from './acting.ts'
import { type Claims, claimsIn } from './claims.ts'
import { clientKey } from './client-keys.ts'
import type { PartnerDirectory } from './ports.ts'
import type { PublishedKeys } from './published-keys.ts'
import { covers, splitScopes } from './scope.ts'
import { TokenError } from './token-error.ts'

/** SMART names ES384 and RS384, FAPI 2.0 the others. RS256, HMAC and `none` are in neither and never taken. */
export const assertionAlgorithms = ['ES384', 'RS384', 'ES256', 'PS256', 'EdDSA'] as const satisfies readonly Algorithm[]

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const maxLifetimeSeconds = 300
const clockToleranceSeconds = 30
const maxScopeLength = 2048

export interface AssertionContext {
  /** `{b}`, without a slash at its end */
  readonly issuer: string
  /** address of the token endpoint, as clients see it */
  readonly tokenEndpoint: string
  readonly now: Instant
  readonly partners: PartnerDirectory
  /** keys of clients that publish them; left out: those have none */
  readonly published?: PublishedKeys
}

/** By what an assertion is used up: the journey commits it as a guard of scope `jti`. */
export interface Replay {
  /** names client and `jti`; a digest, since a `jti` may be any text */
  readonly key: string
  /** from then on the assertion is refused by its own time, and the key may be forgotten */
  readonly expiresAt: Instant
}

/** A client that has proven who it is, once the journey has committed `replay`. */
export interface ProvenClient {
  readonly partner: Partner
  readonly replay: Replay
}

/** What a token request is granted, once the journey has committed `replay`. */
export interface GrantedToken extends Acting {
  readonly scope: readonly string[]
  readonly replay: Replay
}

/**
 * Judges a token request: SMART Backend Services, the one grant and the one way to authenticate that there is.
 * It looks at nothing but what it is given; that an assertion is used once only, the journey sees to.
 * @throws TokenError, with the partner where it is proven who asks
 * @see SMART App Launch 2.2.0 "Backend Services", RFC 7521 section 4.2, RFC 7523 sections 2.2 and 3
 */
export async function judgeAssertion(
  form: ReadonlyMap<string, string>,
  context: AssertionContext
): Promise<GrantedToken> {
  checkGrant(form)
  const { partner, replay, claims } = await judge(form, context)
  return askedBy(partner, () => ({
    replay,
    scope: scopeFor(form.get('scope'), partner),
    ...judgeActing(claims.extensions, partner)
  }))
}

/**
 * Judges who asks at another endpoint than that of tokens, by the same assertion. For whom the client acts is then no matter.
 * @throws TokenError, with the partner where it is proven who asks
 */
export async function judgeClient(form: ReadonlyMap<string, string>, context: AssertionContext): Promise<ProvenClient> {
  const { partner, replay } = await judge(form, context)
  return { partner, replay }
}

/** An unknown client, a disabled one, an unknown key and a wrong signature get the same answer. */
async function judge(
  form: ReadonlyMap<string, string>,
  context: AssertionContext
): Promise<ProvenClient & { readonly claims: Claims }> {
  const assertion = assertionIn(form)
  const jws = readAssertion(assertion)
  checkHeader(jws.header)
  const claims = readClaims(jws.payload)
  const client = clientNamed(claims)
  const partner = await context.partners.byClient(client)
  if (partner === undefined || partner.disabled || !(await isSignedBy(partner, jws, context))) throw notAuthenticated()
  return askedBy(partner, () => ({ partner, claims, replay: judgeClaims(form, claims, partner, context) }))
}

/** What is left to judge once it is proven who asks. */
function askedBy<Judged>(partner: Partner, judged: () => Judged): Judged {
  try {
    return judged()
  } catch (error) {
    throw error instanceof TokenError ? new TokenError(error.error, error.description, partner) : error
  }
}

function judgeClaims(
  form: ReadonlyMap<string, string>,
  claims: Claims,
  partner: Partner,
  context: AssertionContext
): Replay {
  const client = partner.clientId
  if (form.has('client_id') && form.get('client_id') !== client) {
    throw unauthenticated('client_id is another client than that of the assertion.')
  }
  checkAudience(claims, context)
  const expires = checkTimes(claims, context.now / 1000)
  return { key: replayKey(client, claims), expiresAt: Math.ceil(expires + clockToleranceSeconds) * 1000 }
}

function checkGrant(form: ReadonlyMap<string, string>): void {
  const grant = form.get('grant_type')
  if (grant === undefined) throw new TokenError('invalid_request', 'grant_type is missing.')
  if (grant !== 'client_credentials') {
    throw new TokenError('unsupported_grant_type', 'The only grant type is client_credentials.')
  }
}

function assertionIn(form: ReadonlyMap<string, string>): string {
  if (form.has('client_secret'))
    throw new TokenError('invalid_request', 'Clients have no secret; use client_assertion.')
  if (form.get('client_assertion_type') !== jwtBearer) {
    throw unauthenticated(`client_assertion_type must be ${jwtBearer}.`)
  }
  const assertion = form.get('client_assertion')
  if (assertion === undefined) throw unauthenticated('client_assertion is missing.')
  return assertion
}

function readAssertion(assertion: string) {
  try {
    return parseCompact(assertion, { algorithms: assertionAlgorithms })
  } catch (error) {
    if (!(error instanceof JwsError)) throw error
    throw unauthenticated(
      error.kind === 'algorithm'
        ? `The assertion is signed with another algorithm than ${assertionAlgorithms.join(', ')}.`
        : 'client_assertion is not a signed JWT in compact form.'
    )
  }
}

/** Keys that an assertion brings along or points to, and compression: nobody here needs them (RFC 8725 sections 3.6, 3.10). */
const unwanted = ['jwk', 'jku', 'x5u', 'x5c', 'zip']

function checkHeader(header: JwsHeader): void {
  const { typ, kid } = header
  const type = typ?.toLowerCase().replace(/^application\//, '')
  if (type !== undefined && type !== 'jwt' && type !== 'client-authentication+jwt') {
    throw unauthenticated('typ must be JWT or client-authentication+jwt.')
  }
  if (!kid) throw unauthenticated('The header of the assertion has no kid.')
  if (unwanted.some(name => Object.hasOwn(header, name))) {
    throw unauthenticated(`The header of the assertion must not hold any of ${unwanted.join(', ')}.`)
  }
}

function readClaims(payload: Uint8Array): Claims {
  const claims = claimsIn(payload)
  if (!claims) throw unauthenticated('The claims of the assertion are not a JSON object.')
  return claims
}

function clientNamed({ iss, sub }: Claims): ClientId {
  if (typeof sub !== 'string' || sub === '' || sub.length > 256 || iss !== sub) {
    throw unauthenticated('iss and sub must both be the client id.')
  }
  return as<ClientId>(sub)
}

async function isSignedBy(
  { jwks, jwksUri }: Partner,
  { header, signingInput, signature }: Jws,
  { published, now }: AssertionContext
): Promise<boolean> {
  const { kid = '', alg } = header
  const keys = jwksUri === undefined ? jwks : await published?.keysAt(jwksUri, kid, now)
  const key = keys && clientKey(keys, kid, alg)
  return key !== undefined && verifySignature(header.alg, signingInput, signature, key)
}

/** A list is refused even if it names us: another server named beside us could hand the assertion on. */
function checkAudience({ aud }: Claims, { issuer, tokenEndpoint }: AssertionContext): void {
  if (aud !== issuer && aud !== tokenEndpoint) {
    throw unauthenticated('aud must be the issuer or the address of the token endpoint, as one string.')
  }
}

/** @returns `exp` in seconds since 1970 */
function checkTimes({ exp, iat, nbf }: Claims, now: number): number {
  if (!isTime(exp)) throw unauthenticated('exp is missing or not a number.')
  if (exp <= now - clockToleranceSeconds) throw unauthenticated('The assertion has expired.')
  if (exp > now + maxLifetimeSeconds + clockToleranceSeconds) {
    throw unauthenticated(`exp is more than ${maxLifetimeSeconds} seconds ahead.`)
  }
  if (iat !== undefined) {
    if (!isTime(iat) || iat > now + clockToleranceSeconds)
      throw unauthenticated('iat is in the future or not a number.')
    if (exp <= iat || exp - iat > maxLifetimeSeconds) {
      throw unauthenticated(`The assertion must live for 1 to ${maxLifetimeSeconds} seconds.`)
    }
  }
  if (nbf !== undefined && (!isTime(nbf) || nbf > now + clockToleranceSeconds)) {
    throw unauthenticated('nbf is in the future or not a number.')
  }
  return exp
}

const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < 1e11

function replayKey(client: ClientId, { jti }: Claims): string {
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) {
    throw unauthenticated('jti must be a text of 1 to 256 characters.')
  }
  return createHash('sha256')
    .update(JSON.stringify([client, jti]))
    .digest('base64url')
}

/** All that is asked for or nothing: a token that can less than its holder thinks fails later, and less clearly. */
function scopeFor(asked: string | undefined, partner: Partner): readonly string[] {
  const scopes = splitScopes(asked ?? '')
  if (scopes.length === 0) throw new TokenError('invalid_scope', 'scope is missing.')
  if (asked!.length > maxScopeLength) {
    throw new TokenError('invalid_scope', `scope is longer than ${maxScopeLength} characters.`)
  }
  if (!scopes.every(scope => covers(partner.scope, scope))) {
    throw new TokenError('invalid_scope', 'scope goes beyond what this client is registered for.')
  }
  return scopes
}

const unauthenticated = (description: string) => new TokenError('invalid_client', description)
const notAuthenticated = () =>
  unauthenticated('The client is unknown or disabled, or no registered key of it made this signature.')
