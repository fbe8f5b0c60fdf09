import type { JWK } from 'jose'
import type { KeyPlace } from './key-place.ts'

/** What a thread is asked. Plain data: it crosses to another thread. */
export type TokenRequest = Asked | { readonly ask: 'close'; readonly finalize: boolean }
export type Asked =
  | { readonly ask: 'key'; readonly place: KeyPlace }
  | {
      readonly ask: 'sign'
      readonly place: KeyPlace
      /** RFC 7638: of the only key that may sign, whatever stands at its place by now */
      readonly thumbprint: string
      readonly alg: 'ES256' | 'ES384' | 'RS256' | 'EdDSA'
      /** a digest; EdDSA: the whole message */
      readonly data: Uint8Array
    }

/**
 * `problem` names a place or a return value of PKCS#11 (`CKR_…`), never what is in a file. Its reason: `lost` may be over once
 * the module is opened anew; `pin` was refused and must not be tried again as it is, or the token locks itself; the rest is as
 * somebody set it up.
 */
export interface Problem {
  readonly problem: string
  readonly reason: 'lost' | 'pin' | 'setup'
}
export type TokenAnswer = { readonly jwk: JWK } | { readonly signature: Uint8Array } | Problem

/** What a thread begins with; it says `ready`, or why it cannot be. */
export interface ThreadStart {
  readonly module: string
  /** the first thread of a module does, and no other at the same time: C_Initialize need not be safe among threads */
  readonly initialize: boolean
}
export type ThreadStarted = 'ready' | Problem

/** A problem as an error. */
export class TokenProblem extends Error {
  override readonly name = 'TokenProblem'
  readonly reason: Problem['reason']

  constructor(problem: string, reason: Problem['reason'] = 'setup') {
    super(problem)
    this.reason = reason
  }
}
