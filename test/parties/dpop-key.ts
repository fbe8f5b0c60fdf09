import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { base64url, calculateJwkThumbprint, type JWK } from 'jose'
import { signInput } from '../../src/standards/jws.ts'

type Algorithm = 'ES256' | 'ES384' | 'PS256' | 'EdDSA' | 'RS256'

export interface Proving {
  readonly method: string
  /** of the request, without query and fragment */
  readonly uri: string
  /** seconds since 1970 */
  readonly at: number
  readonly nonce?: string | undefined
  readonly token?: string | undefined
  /** members given as undefined are left out */
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** signs instead of the key, whatever the header says */
  readonly by?: (input: string) => Uint8Array
}

/** A pretend client's DPoP key, which can also lie in each way that a proof can lie (RFC 9449 section 4.2). */
export class DpopKey {
  readonly alg: Algorithm
  readonly publicJwk: JWK
  readonly privateJwk: JWK
  readonly #privateKey: KeyObject

  constructor(alg: Algorithm = 'ES256') {
    const { privateKey, publicKey } = pairFor(alg)
    this.alg = alg
    this.#privateKey = privateKey
    this.publicJwk = publicKey.export({ format: 'jwk' }) as JWK
    this.privateJwk = privateKey.export({ format: 'jwk' }) as JWK
  }

  /** name of the key (RFC 7638), as another library has it */
  jkt(): Promise<string> {
    return calculateJwkThumbprint(this.publicJwk)
  }

  prove({ method, uri, at, nonce, token, header, claims, by }: Proving): string {
    const ath = token === undefined ? undefined : createHash('sha256').update(token).digest('base64url')
    const payload = { jti: randomUUID(), htm: method, htu: uri, iat: at, nonce, ath, ...claims }
    const protectedHeader = { alg: this.alg, typ: 'dpop+jwt', jwk: this.publicJwk, ...header }
    const input = `${encoded(protectedHeader)}.${encoded(payload)}`
    const signature = by ? by(input) : signInput(this.alg, input, this.#privateKey)
    return `${input}.${base64url.encode(signature)}`
  }
}

const encoded = (value: object) => base64url.encode(JSON.stringify(value))

function pairFor(alg: Algorithm) {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  if (alg === 'PS256' || alg === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: alg === 'ES384' ? 'P-384' : 'P-256' })
}
