import { open, seal } from '../standards/aead.ts'
import { hkdf } from '../standards/hkdf.ts'
import { hmacSha256 } from '../standards/hmac.ts'
import type { KeyWraps } from './ports.ts'

/** A fresh key and the row that stores it, wrapped by the key above. */
export interface FreshKey {
  readonly key: Uint8Array
  readonly wrap: { readonly id: string; readonly parent: string; readonly wrapped: Uint8Array }
}

const rootId = 'master'

/**
 * The keys under which everything at rest is sealed (design §6): master → case → document or view. Only wrapped keys are
 * stored; removing a wrap erases what it sealed. Case keys are kept in memory, since each request of a case needs one.
 */
export class Keyring {
  readonly #master: Uint8Array
  readonly #index: Uint8Array
  readonly #wraps: KeyWraps
  readonly #random: (size: number) => Uint8Array
  readonly #kept = new Map<string, Uint8Array>()
  readonly #keep: number

  constructor(parts: { master: Uint8Array; wraps: KeyWraps; random: (size: number) => Uint8Array; keep?: number }) {
    if (parts.master.length !== 32) throw new TypeError('the master key has 32 bytes')
    this.#master = parts.master
    this.#index = derive(parts.master, 'index')
    this.#wraps = parts.wraps
    this.#random = parts.random
    this.#keep = parts.keep ?? 10_000
  }

  /** A key for a new case, wrapped by the master key. */
  freshCaseKey(id: string): FreshKey {
    return this.#fresh(id, rootId, this.#master)
  }

  /** A key for a new document or view, wrapped by its case's key. */
  freshKey(id: string, caseId: string, caseKey: Uint8Array): FreshKey {
    return this.#fresh(id, caseId, caseKey)
  }

  /** @throws KeyGone when it was erased or never made */
  async key(id: string): Promise<Uint8Array> {
    const kept = this.#kept.get(id)
    if (kept) return kept
    const wrap = await this.#wraps.keyWrap(id)
    if (!wrap) throw new KeyGone(id)
    const above = wrap.parent === rootId ? this.#master : await this.key(wrap.parent)
    const key = open(above, wrapContext(id, wrap.parent), wrap.wrapped)
    if (wrap.parent === rootId) this.#remember(id, key)
    return key
  }

  /** HMAC for index columns: equal inputs can be found, nothing can be read back. base64url. */
  mac(...parts: readonly string[]): string {
    return hmacSha256(this.#index, JSON.stringify(parts)).toString('base64url')
  }

  /** The secret of records that belong to no case. */
  get logKey(): Uint8Array {
    return derive(this.#master, 'log')
  }

  /** A nonce and fresh randomness for sealing. */
  seal(key: Uint8Array, context: string, plain: Uint8Array): Uint8Array {
    return seal(key, Buffer.from(context), plain, this.#random(12))
  }

  open(key: Uint8Array, context: string, sealed: Uint8Array): Uint8Array {
    return open(key, Buffer.from(context), sealed)
  }

  #fresh(id: string, parent: string, above: Uint8Array): FreshKey {
    const key = this.#random(32)
    const wrapped = seal(above, wrapContext(id, parent), key, this.#random(12))
    if (parent === rootId) this.#remember(id, key)
    return { key, wrap: { id, parent, wrapped } }
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

const wrapContext = (id: string, parent: string) => Buffer.from(`wrap|${parent}|${id}`)
