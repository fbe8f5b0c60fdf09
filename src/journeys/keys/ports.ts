import type { KeyPurpose } from '../../document/signer.ts'
import type { Masters } from '../../record/ports.ts'

/** `next` is published and does not sign yet; `retired` signs no more. */
export type KeyState = 'next' | 'current' | 'retired'

/** What may be told about a key. */
export interface KeyFacts {
  readonly purpose: KeyPurpose
  readonly kid: string
  readonly state: KeyState
  /** milliseconds since 1970: from then on it signs */
  readonly since: number
  /** its private part is still there */
  readonly canSign: boolean
}

/** The signing keys of a home, as every gateway on it sees them. Each change is one file replaced as a whole. */
export interface SigningKeys {
  /** as the files say at this moment, oldest first */
  facts(): readonly KeyFacts[]
  /** A key that is not there yet: `publish` puts it where every gateway finds it, to sign from that time on. */
  make(purpose: KeyPurpose): { readonly kid: string; publish(since: number): void }
  /**
   * The same for a key that was made in a token; it signs once before it is taken.
   * @param place as the adapter of tokens wants it
   */
  adopt(purpose: KeyPurpose, place: unknown): Promise<{ readonly kid: string; publish(since: number): void }>
  /** Takes the private part of retired keys away, and keys whose signatures nobody will verify any more. */
  retire(purpose: KeyPurpose): void
}

/** The master keys of a home: new keys are wrapped by the first; one that is added is only known at first. */
export interface MasterKeys extends Masters {
  /** A master that is not there yet; `save` makes it known to every gateway. */
  make(): { readonly name: string; save(): void }
  /** the one that was added comes first: from now on it wraps */
  promote(): void
  /** whether one was added that is not the first yet */
  readonly isOneWaiting: boolean
  /** all but the first are gone */
  destroyOthers(): void
}

/** One process at a time changes keys. @returns `busy` where another one does: nothing was done */
export type Exclusively = (work: () => Promise<void>) => Promise<'done' | 'busy'>
