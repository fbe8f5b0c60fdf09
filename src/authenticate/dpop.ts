import { createHash, type KeyObject } from 'node:crypto'
import type { Instant } from '../document/ids.ts'
import { normalHttpUri } from '../standards/http-uri.ts'
import { jwkThumbprint } from '../standards/jwk-thumbprint.ts'
import { type Algorithm, isKeyFor, type Jws, JwsError, parseCompact, verifySignature } from '../standards/jws.ts'
import { PublicKeyError, readPublicJwk } from '../standards/public-key.ts'
import { type Claims, claimsIn } from './claims.ts'
import type { ProofNonces } from './dpop-nonce.ts'
import { isRecord } from './is-record.ts'

/** Those of FAPI 2.0 and ES384. Nothing symmetric and no `none`: who verified could then have made the proof. */
export const proofAlgorithms = ['ES256', 'ES384', 'PS256', 'EdDSA'] as const satisfies readonly Algorithm[]

/** A proof with an RSA key of 4096 bits has some 2500 characters. */
const maxLength = 4096
const maxAgeSeconds = 120
const clockToleranceSeconds = 30

/** The request that a proof must be for. */
export interface ProofContext {
  readonly method: string
  /** absolute, as clients see it */
  readonly uri: string
  readonly now: Instant
  readonly nonces: ProofNonces
  /** the token that comes with it; undefined where one is only asked for */
  readonly accessToken: string | undefined
}

/** What a proof proves once the journey or the face has noted `replay`, over all gateways of a store. */
export interface Proof {
  /** thumbprint of the key (RFC 7638) */
  readonly jkt: string
  readonly replay: {
    /** names key and `jti`; a digest, since a `jti` may be any text */
    readonly key: string
    /** from then on the proof is refused by its own time, and the key may be forgotten */
    readonly expiresAt: Instant
  }
}

export class ProofError extends Error {
  override readonly name = 'ProofError'
  readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce'

  constructor(error: ProofError['error'], message: string) {
    super(message)
    this.error = error
  }
}

/**
 * Judges a DPoP proof. It looks at nothing but what it is given; that a proof is used once only, others see to.
 * @param fields every `DPoP` field of the request
 * @throws ProofError `use_dpop_nonce` for a proof that lacks nothing but a nonce of ours that is fresh
 * @see RFC 9449 section 4.3
 */
export function judgeProof(fields: readonly string[], context: ProofContext): Proof {
  const jws = readProof(fields)
  if (jws.header.typ !== 'dpop+jwt') throw invalid('typ is not dpop+jwt.')
  const { key, jkt } = keyIn(jws)
  if (!verifySignature(jws.header.alg, jws.signingInput, jws.signature, key)) throw invalid('The signature is wrong.')
  const claims = readClaims(jws.payload)
  checkRequest(claims, context)
  const iat = checkTime(claims, context.now / 1000)
  checkToken(claims, context.accessToken)
  const { jti, nonce } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) {
    throw invalid('jti must be a text of 1 to 256 characters.')
  }
  if (typeof nonce !== 'string' || !context.nonces.isTaken(nonce, context.now)) {
    throw new ProofError('use_dpop_nonce', 'Use the nonce of the DPoP-Nonce header.')
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([jkt, jti]))
    .digest('base64url')
  return { jkt, replay: { key: digest, expiresAt: Math.ceil(iat + maxAgeSeconds) * 1000 } }
}

function readProof([field, ...more]: readonly string[]): Jws {
  if (field === undefined) throw invalid('The DPoP header is missing.')
  if (more.length > 0) throw invalid('There is more than one DPoP header.')
  if (field.length > maxLength) throw invalid(`The proof is longer than ${maxLength} characters.`)
  try {
    return parseCompact(field, { algorithms: proofAlgorithms })
  } catch (error) {
    if (!(error instanceof JwsError)) throw error
    throw invalid(
      error.kind === 'algorithm'
        ? `The proof is signed with another algorithm than ${proofAlgorithms.join(', ')}.`
        : 'The proof is not a signed JWT in compact form.'
    )
  }
}

/** The key travels with the proof, so that only such keys count under which a signature proves something. */
function keyIn({ header: { alg, jwk } }: Jws): { readonly key: KeyObject; readonly jkt: string } {
  if (!isRecord(jwk)) throw invalid('jwk is missing.')
  const key = readKey(jwk)
  if (!isKeyFor(alg, key)) throw invalid('jwk is not a key for alg.')
  if (jwk.alg !== undefined && jwk.alg !== alg) throw invalid('jwk is a key for another algorithm.')
  return { key, jkt: jwkThumbprint(jwk) }
}

function readKey(jwk: unknown): KeyObject {
  try {
    return readPublicJwk(jwk)
  } catch (error) {
    if (!(error instanceof PublicKeyError)) throw error
    throw invalid(error.kind === 'private' ? 'jwk is a private key; stop using it.' : 'jwk is not a key to rely on.')
  }
}

function readClaims(payload: Uint8Array): Claims {
  const claims = claimsIn(payload)
  if (!claims) throw invalid('The claims of the proof are not a JSON object.')
  return claims
}

function checkRequest({ htm, htu }: Claims, { method, uri }: ProofContext): void {
  if (htm !== method) throw invalid('htm is not the method of this request.')
  const target = normalHttpUri(uri)
  if (typeof htu !== 'string' || target === undefined || normalHttpUri(htu) !== target) {
    throw invalid('htu is not the address of this request.')
  }
}

function checkTime({ iat }: Claims, now: number): number {
  if (typeof iat !== 'number' || iat < 0 || iat >= 1e11) throw invalid('iat is missing or not a time.')
  if (iat > now + clockToleranceSeconds) throw invalid('iat is in the future.')
  if (iat <= now - maxAgeSeconds) throw invalid('The proof is too old.')
  return iat
}

/** Binds the proof to one token: a proof that was caught is of no use with another. */
function checkToken({ ath }: Claims, accessToken: string | undefined): void {
  if (accessToken === undefined) return
  if (ath !== createHash('sha256').update(accessToken).digest('base64url')) {
    throw invalid('ath is not the digest of the access token.')
  }
}

const invalid = (message: string) => new ProofError('invalid_dpop_proof', message)
