import { hash } from 'node:crypto'

const required = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] } as const

/**
 * JWK thumbprint with SHA-256, base64url: a name for a key that follows from the key.
 * @see RFC 7638 section 3, RFC 8037 section 2
 */
export function jwkThumbprint(jwk: Readonly<Record<string, unknown>>): string {
  const members = required[jwk.kty as keyof typeof required]
  if (!members) throw new TypeError('unknown key type')
  return hash('sha256', JSON.stringify(Object.fromEntries(members.map(member => [member, jwk[member]]))), 'base64url')
}
