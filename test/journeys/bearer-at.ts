import { randomUUID } from 'node:crypto'
import { importJWK, SignJWT } from 'jose'
import type { Party } from '../parties/party.ts'

/** A header with a token that a gateway whose clock stands elsewhere gives. @param at milliseconds since 1970 */
export async function bearerAt(party: Party, at: number): Promise<{ readonly authorization: string }> {
  const { clientId, privateJwk, issuer } = party.file
  const seconds = Math.floor(at / 1000)
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: privateJwk.alg, kid: privateJwk.kid, typ: 'JWT' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 240)
    .sign(await importJWK(privateJwk, privateJwk.alg))
  const { status, body, text } = await party.grant(assertion)
  if (status !== 200) throw new Error(text)
  return { authorization: `Bearer ${(body as { access_token: string }).access_token}` }
}
