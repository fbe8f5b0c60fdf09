import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto'
import type { JWK } from 'jose'
import type { Signer } from '../../document/signer.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { jwkThumbprint } from '../../standards/jwk-thumbprint.ts'
import { verifySignature } from '../../standards/jws.ts'
import type { KeyPlace } from './key-place.ts'
import { type ModuleLimits, TokenModule } from './token-module.ts'
import { TokenProblem } from './token-request.ts'

/** A key in a token as the gateway knows it. */
export interface TokenKey {
  readonly alg: Signer['alg']
  readonly kid: string
  /** public members; whatever else stands in it is not looked at */
  readonly jwk: JWK
  readonly place: KeyPlace
}

/**
 * Signers whose private keys lie in PKCS#11 tokens. Modules are opened when they are first needed and shared by all keys in
 * them; signing never blocks the event loop. What the token gives back is the signature in the form of JWS.
 * @see PKCS#11 3.0; RFC 7518 section 3.4
 */
export class TokenSigners {
  readonly #modules = new Map<string, TokenModule>()
  readonly #limits: Partial<ModuleLimits>

  constructor(limits: Partial<ModuleLimits> = {}) {
    this.#limits = limits
  }

  /**
   * A signer for this key and no other: where another one stands at its place by now, nothing is signed.
   *
   * `sign` throws Refusal `store-unavailable` while the token does not answer as it should, `overloaded` where too many wait.
   */
  signer({ alg, kid, jwk, place }: TokenKey): Signer {
    const thumbprint = jwkThumbprint(jwk)
    return {
      alg,
      kid,
      sign: async input => {
        try {
          return await this.#sign(place, thumbprint, alg, input)
        } catch (cause) {
          if (cause instanceof TokenProblem) throw new Refusal('store-unavailable', { retryAfterSeconds: 5, cause })
          throw cause
        }
      }
    }
  }

  /**
   * Signs once with a key, so that a gateway that cannot sign does not start.
   * @returns why it cannot be used; undefined: it can
   */
  async problemOf({ alg, jwk, place }: TokenKey): Promise<string | undefined> {
    try {
      const signature = await this.#sign(place, jwkThumbprint(jwk), alg, probe)
      const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
      return verifySignature(alg, probe, signature, key) ? undefined : 'its signatures do not hold'
    } catch (error) {
      if (error instanceof TokenProblem) return error.message
      throw error
    }
  }

  /**
   * The public key of what lies at a place.
   * @throws TokenProblem
   */
  async publicJwk(place: KeyPlace): Promise<JWK> {
    const answer = await this.#module(place).ask({ ask: 'key', place })
    if (!('jwk' in answer)) throw new TypeError('a key was asked for')
    return answer.jwk
  }

  /** Waits for what is under way and gives the modules back. */
  async close(): Promise<void> {
    await Promise.all([...this.#modules.values()].map(module => module.close()))
  }

  async #sign(place: KeyPlace, thumbprint: string, alg: Signer['alg'], input: Uint8Array): Promise<Uint8Array> {
    const hash = hashes[alg]
    // a copy: a view would take all that it is a view of to the thread
    const data = new Uint8Array(hash === undefined ? input : createHash(hash).update(input).digest())
    const answer = await this.#module(place).ask({ ask: 'sign', place, thumbprint, alg, data })
    if (!('signature' in answer)) throw new TypeError('a signature was asked for')
    return answer.signature
  }

  #module({ module }: KeyPlace): TokenModule {
    const known = this.#modules.get(module)
    if (known) return known
    const opened = new TokenModule(module, this.#limits)
    this.#modules.set(module, opened)
    return opened
  }
}

const hashes = { ES256: 'sha256', ES384: 'sha384', RS256: 'sha256', EdDSA: undefined } as const
const probe = Buffer.from('may this key sign?')
