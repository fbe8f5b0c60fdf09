import type { Instant } from '../../document/ids.ts'

/**
 * Whom an OpenID provider has seen; only issuer and subject together name a person. `refused` and `unreachable` are for our own
 * records and never shown.
 */
export type OpenIdAnswer =
  | {
      readonly kind: 'person'
      readonly issuer: string
      readonly subject: string
      /** when the person proved itself there, where the provider says so */
      readonly provenAt: Instant | undefined
    }
  | { readonly kind: 'refused' | 'unreachable'; readonly why: string }

/** What a login keeps between leaving for the provider and coming back; secrets of one login, used once. */
export interface OpenIdLogin {
  readonly state: string
  readonly nonce: string
  /** of PKCE (RFC 7636) */
  readonly codeVerifier: string
  /** where the provider sends the browser back to */
  readonly redirectUri: string
  /** the person has to prove itself anew, however short ago it did */
  readonly isAnew: boolean
}

/** A provider at which the staff of some organisations prove themselves. */
export interface OpenIdProvider {
  /** in addresses of ours, e.g. `mihon` */
  readonly name: string
  /** organisations (`system|value`) whose accounts it may open; those of others it may not, whatever it says */
  readonly organizations: ReadonlySet<string>
  /** @returns where to send the browser; undefined where the provider cannot be reached */
  start(login: OpenIdLogin): Promise<URL | undefined>
  /** Exchanges the code of the address that the browser came back to, and judges the ID token. */
  finish(cameBack: URL, login: OpenIdLogin): Promise<OpenIdAnswer>
}
