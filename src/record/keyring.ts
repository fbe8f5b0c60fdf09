import { open, seal } from '../standards/aead.ts'
import { hkdf } from '../standards/hkdf.ts'
import { hmacSha256 } from '../standards/hmac.ts'
import { isUnderMaster, MasterKeyMissing, MasterRing, wrapContext } from './master-ring.ts'
import type { KeyWraps, Masters, Working } from './ports.ts'

type Wrap = Working['keyWrap']

/** A fresh key and the row that stores it, wrapped by the key above. */
export interface FreshKey {
  readonly key: Uint8Array
  readonly wrap: Readonly<Wrap>
}

/** Secrets of the store itself, each of its own and wrapped like the key of a case. */
export interface StoreSecrets {
  /** of index columns */
  readonly index: Uint8Array
  /** of records that belong to no case */
  readonly log: Uint8Array
}

export interface KeyringParts {
  readonly masters: Masters
  readonly wraps: Pick<KeyWraps, 'keyWrap'>
  readonly random: (size: number) => Uint8Array
  readonly secrets: StoreSecrets
  /** how many keys of cases are kept in memory */
  readonly keep?: number
}

/**
 * The keys under which everything at rest is sealed (design §6): master → case → document or view. Only wrapped keys are
 * stored; removing a wrap erases what it sealed. Case keys are kept in memory, since each request of a case needs one.
 */
export class Keyring {
  readonly #masters: MasterRing
  readonly #secrets: StoreSecrets
  readonly #wraps: KeyringParts['wraps']
  readonly #random: (size: number) => Uint8Array
  readonly #kept = new Map<string, Uint8Array>()
  readonly #keep: number

  constructor(parts: KeyringParts) {
    this.#masters = new MasterRing(parts.masters, parts.random)
    this.#secrets = parts.secrets
    this.#wraps = parts.wraps
    this.#random = parts.random
    this.#keep = parts.keep ?? 10_000
  }

  /** A key for a new case, wrapped by the master key. */
  freshCaseKey(id: string): FreshKey {
    const key = this.#random(32)
    this.#remember(id, key)
    return { key, wrap: this.#masters.wrap(id, key) }
  }

  /** A key for a new document or view, wrapped by its case's key. */
  freshKey(id: string, caseId: string, caseKey: Uint8Array): FreshKey {
    const key = this.#random(32)
    const wrapped = seal(caseKey, wrapContext(id, caseId), key, this.#random(12))
    return { key, wrap: { id, parent: caseId, wrapped } }
  }

  /**
   * @throws KeyGone when it was erased or never made
   * @throws MasterKeyMissing when its master is not at hand
   */
  async key(id: string): Promise<Uint8Array> {
    const kept = this.#kept.get(id)
    if (kept) return kept
    const wrap = await this.#wraps.keyWrap(id)
    if (!wrap) throw new KeyGone(id)
    if (!isUnderMaster(wrap)) return open(await this.key(wrap.parent), wrapContext(id, wrap.parent), wrap.wrapped)
    const key = this.#masters.open({ id, ...wrap }) ?? (await this.#keyOfChangedWrap(id, wrap.parent))
    this.#remember(id, key)
    return key
  }

  /** The same key under the master of now: for a wrap that was made just before that changed. */
  rewrapped(wrap: Wrap): Wrap {
    return this.#masters.rewrap(wrap)
  }

  /** HMAC for index columns: equal inputs can be found, nothing can be read back. base64url. */
  mac(...parts: readonly string[]): string {
    return hmacSha256(this.#secrets.index, JSON.stringify(parts)).toString('base64url')
  }

  /** The secret of records that belong to no case. */
  get logKey(): Uint8Array {
    return this.#secrets.log
  }

  /** A nonce and fresh randomness for sealing. */
  seal(key: Uint8Array, context: string, plain: Uint8Array): Uint8Array {
    return seal(key, Buffer.from(context), plain, this.#random(12))
  }

  open(key: Uint8Array, context: string, sealed: Uint8Array): Uint8Array {
    return open(key, Buffer.from(context), sealed)
  }

  /** Between reading the row and opening it the master may have been destroyed, and the row wrapped anew before. */
  async #keyOfChangedWrap(id: string, parent: string): Promise<Uint8Array> {
    const wrap = await this.#wraps.keyWrap(id)
    if (!wrap) throw new KeyGone(id)
    const key = wrap.parent === parent ? undefined : this.#masters.open({ id, ...wrap })
    if (!key) throw new MasterKeyMissing()
    return key
  }

  #remember(id: string, key: Uint8Array): void {
    this.#kept.set(id, key)
    if (this.#kept.size > this.#keep) this.#kept.delete(this.#kept.keys().next().value as string)
  }
}

export class KeyGone extends Error {
  constructor(id: string) {
    super(`no key for ${id}`)
    this.name = 'KeyGone'
  }
}

/** HKDF-SHA-256 with an empty salt; `purpose` keeps keys of one secret apart. */
export function derive(secret: Uint8Array, purpose: string): Uint8Array {
  return hkdf(secret, purpose)
}
