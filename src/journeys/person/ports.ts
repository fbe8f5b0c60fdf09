import type { PasskeyKey } from '../../authenticate/passkey.ts'
import type { SessionDirectory } from '../../authenticate/ports.ts'
import type { StoredSession } from '../../authenticate/session.ts'
import type { ClientId, Instant, OrganizationId } from '../../document/ids.ts'
import type { Working } from '../../record/ports.ts'

/** A person who logs in; the client of the same id says for which organisation and in which role. */
export interface Account {
  readonly id: ClientId
  /** as the operator wrote it; undefined for a worker, whose name stands in the cases alone */
  readonly name: string | undefined
  /** base64url: what authenticators call the account */
  readonly handle: string
}

export interface StoredPasskey extends PasskeyKey {
  readonly id: string
  readonly account: ClientId
  /** what the person calls it */
  readonly name: string
  readonly at: number
}

/** Where a number of failed attempts stands. */
export interface Attempts {
  readonly key: string
  readonly count: number
  readonly expiresAt: number
}

/** People, their passkeys and sessions. */
export interface PersonReads extends SessionDirectory {
  account(id: ClientId): Promise<Account | undefined>
  passkeysOf(account: ClientId): Promise<readonly StoredPasskey[]>
  passkeyByCredential(credentialMac: string): Promise<StoredPasskey | undefined>
  /** the one seen longest ago first */
  sessionsOf(account: ClientId): Promise<readonly StoredSession[]>
  code(codeMac: string): Promise<Working['accountCode'] | undefined>
  /** the account of someone at an OpenID provider */
  openIdAccount(personMac: string): Promise<ClientId | undefined>
  attempts(key: string): Promise<Attempts | undefined>
  /** those of keys first, then those of consents; of each the newest first */
  notices(organization: OrganizationId, limit: number): Promise<readonly Working['notice'][]>
}

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
