import { createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto'
import { es384, holds } from './ecdsa.ts'

/**
 * Access tokens (RFC 9068): a signature is verified once for each token and then remembered by the token's hash; the
 * time is looked at each time.
 * @throws Error for a token that does not hold
 */
export function tokenCheck(
  jwks: readonly (JsonWebKey & { readonly kid: string })[],
  issuer: string
): (authorization: string | undefined) => void {
  const keys = new Map(jwks.map(jwk => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]))
  const expiries = new Map<string, number>()
  return authorization => {
    const token = authorization?.slice('Bearer '.length) ?? ''
    const digest = hash('sha256', token)
    const expiry = expiries.get(digest) ?? expiryOf(token, keys, issuer)
    expiries.set(digest, expiry)
    if (expiry <= Date.now() / 1000) throw new Error('expired')
  }
}

function expiryOf(token: string, keys: ReadonlyMap<string, KeyObject>, issuer: string): number {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const { alg, typ, kid } = json(header)
  const key = keys.get(`${kid}`)
  if (alg !== 'ES384' || typ !== 'at+jwt' || !key) throw new Error('not a token of ours')
  if (!holds(es384, `${header}.${payload}`, Buffer.from(signature, 'base64url'), key)) throw new Error('signature')
  const { iss, aud, exp } = json(payload)
  if (iss !== issuer || aud !== `${issuer}/fhir` || typeof exp !== 'number') throw new Error('claims')
  return exp
}

const json = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
