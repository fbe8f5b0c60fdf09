import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { canonicalize } from './canonical.ts'
import { es256, holds } from './ecdsa.ts'

/**
 * The author's detached JWS over RFC 8785 of the Bundle without `id`, `meta` and `signature`, by a registered key.
 * @throws Error where it does not hold
 */
export function signatureCheck(
  jwks: readonly (JsonWebKey & { readonly kid: string })[]
): (bundle: Readonly<Record<string, unknown>>) => void {
  const keys = new Map<unknown, KeyObject>(jwks.map(jwk => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]))
  return bundle => {
    const { data } = bundle.signature as { readonly data: string }
    const [header = '', , signature = ''] = Buffer.from(data, 'base64').toString().split('.')
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>
    const key = keys.get(kid)
    if (alg !== 'ES256' || !key) throw new Error('key')
    const form = canonicalize({ ...bundle, id: undefined, meta: undefined, signature: undefined })
    const input = `${header}.${Buffer.from(form).toString('base64url')}`
    if (!holds(es256, input, Buffer.from(signature, 'base64url'), key)) throw new Error('signature')
  }
}
