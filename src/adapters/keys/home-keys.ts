import type { KeyObject } from 'node:crypto'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { type CurrentSigner, type KeyPurpose, keyPurposes } from '../../document/signer.ts'
import type { KeyFacts, SigningKeys } from '../../journeys/keys/ports.ts'
import { TokenSigners } from '../pkcs11/token-signers.ts'
import { KeyFileError } from './key-file-error.ts'
import {
  entryOf,
  formatKeys,
  freshEntry,
  isPublished,
  type Key,
  publicMembers,
  readKeys,
  signingKey,
  stateOf
} from './key-set.ts'
import { isUnchanged, readSecretFile } from './secret-file.ts'
import { entryInToken, problemOf } from './token-entry.ts'
import { replaceSecret, writeOnce } from './write-once.ts'

/** who asks for a key that is not known makes the files be looked at, but not at each request */
const lookAgainMs = 50

interface Read {
  readonly stamp: string
  /** oldest first; the same list as long as the file is the same */
  readonly keys: readonly Key[]
}

/**
 * The gateway's keys as files of its home, `keys/<purpose>.jwks.json`, mode 0600; missing ones are made. The files may be replaced
 * while gateways run (`ryoritsu keys rotate`): `look` reads those that were, and what signs or verifies asks each time.
 */
export class HomeKeys implements SigningKeys {
  /** files that were made by this start */
  readonly made: readonly string[]
  readonly #home: string
  readonly #now: () => number
  readonly #tokens: TokenSigners
  #files: Readonly<Record<KeyPurpose, Read>>
  #lookedAt = 0

  /**
   * @param now milliseconds since 1970
   * @param tokens where keys may lie that are not in the files
   * @throws KeyFileError with all that is wrong: where others can read a key file, or where it holds no key for its purpose
   */
  constructor(home: string, now: () => number, tokens = new TokenSigners()) {
    this.#home = home
    this.#now = now
    this.#tokens = tokens
    this.made = keyPurposes
      .filter(purpose => makeWhereMissing(home, purpose, now, tokens))
      .map(purpose => fileOf(home, purpose))
    this.#files = readAll(home, tokens)
  }

  /**
   * Reads the files that were replaced since.
   * @returns whether one was
   * @throws KeyFileError; what was known before stays in use
   */
  look(): boolean {
    this.#lookedAt = performance.now()
    const before = this.#files
    if (keyPurposes.every(purpose => isUnchanged(fileOf(this.#home, purpose), before[purpose]))) return false
    this.#files = readAll(this.#home, this.#tokens)
    return true
  }

  /** The key that signs at this moment. */
  signer(purpose: KeyPurpose): CurrentSigner {
    return () => signingKey(this.#keys(purpose), this.#now()).signer
  }

  /** All keys of a purpose, oldest first; the same list as long as they are the same. */
  all(purpose: KeyPurpose): readonly Key[] {
    return this.#keys(purpose)
  }

  /** Public keys of purpose `token` by kid. One that another gateway signed with a moment ago is looked for. */
  get tokenKeys(): Pick<ReadonlyMap<string, KeyObject>, 'get' | 'has'> {
    const get = (kid: string) => this.#tokenKey(kid) ?? (this.#lookAgain() ? this.#tokenKey(kid) : undefined)
    return { get, has: kid => get(kid) !== undefined }
  }

  /** Public keys with `x-purpose`, as served at /.well-known/jwks.json: what signs, will sign, and has signed what may still be seen. */
  published(): { readonly keys: readonly JWK[] } {
    this.#lookAgain()
    const now = this.#now()
    return {
      keys: keyPurposes.flatMap(purpose => {
        const keys = this.#keys(purpose)
        return keys.filter(key => isPublished(key, keys, now)).map(({ jwk }) => jwk)
      })
    }
  }

  facts(): readonly KeyFacts[] {
    this.look()
    const now = this.#now()
    return keyPurposes.flatMap(purpose => {
      const keys = this.#keys(purpose)
      return keys.map(key => ({
        purpose,
        kid: key.kid,
        state: stateOf(key, keys, now),
        since: key.since,
        canSign: key.signer !== undefined
      }))
    })
  }

  make(purpose: KeyPurpose): ReturnType<SigningKeys['make']> {
    return this.#unpublished(purpose, freshEntry(purpose, 0))
  }

  /** @throws KeyFileError where no key for this purpose lies at that place, or one that is known already */
  async adopt(purpose: KeyPurpose, place: unknown): ReturnType<SigningKeys['adopt']> {
    const entry = await entryInToken(purpose, place, this.#tokens)
    this.look()
    const isKnown = typeof entry !== 'string' && this.#keys(purpose).some(({ kid }) => kid === entry.kid)
    const problem = typeof entry === 'string' ? entry : isKnown ? 'the key at that place is known already' : undefined
    if (problem !== undefined) throw new KeyFileError([`${fileOf(this.#home, purpose)}: ${problem}`])
    return this.#unpublished(purpose, entry as Key['entry'])
  }

  #unpublished(purpose: KeyPurpose, { kid, ...fresh }: Key['entry']): ReturnType<SigningKeys['make']> {
    return {
      kid,
      publish: since => {
        const entry = { ...fresh, kid, 'x-since': new Date(since).toISOString() }
        this.#replace(purpose, keys => [...keys.map(key => key.entry), entry])
      }
    }
  }

  retire(purpose: KeyPurpose): void {
    const now = this.#now()
    this.#replace(purpose, keys =>
      keys
        .filter(key => isPublished(key, keys, now))
        .map(key => (stateOf(key, keys, now) === 'retired' ? publicMembers(key.entry) : key.entry))
    )
  }

  /**
   * Signs once with each key that lies in a token and is in use or will be.
   * @throws KeyFileError naming those with which that cannot be done
   */
  async tryTokens(): Promise<void> {
    const now = this.#now()
    const tried = keyPurposes.flatMap(purpose => {
      const keys = this.#keys(purpose)
      return keys
        .filter(key => stateOf(key, keys, now) !== 'retired')
        .map(async ({ entry }) => {
          const problem = await problemOf(entry, this.#tokens)
          return problem === undefined ? [] : [`${fileOf(this.#home, purpose)}: ${problem}`]
        })
    })
    const problems = (await Promise.all(tried)).flat()
    if (problems.length > 0) throw new KeyFileError(problems)
  }

  /** Gives tokens back; what is being signed comes to its end. */
  close(): Promise<void> {
    return this.#tokens.close()
  }

  #replace(purpose: KeyPurpose, change: (keys: readonly Key[]) => readonly Key['entry'][]): void {
    this.look()
    replaceSecret(fileOf(this.#home, purpose), formatKeys(change(this.#keys(purpose))))
    this.look()
  }

  #keys(purpose: KeyPurpose): readonly Key[] {
    return this.#files[purpose].keys
  }

  #tokenKey(kid: string): KeyObject | undefined {
    const keys = this.#keys('token')
    const key = keys.find(each => each.kid === kid)
    return key && isPublished(key, keys, this.#now()) ? key.publicKey : undefined
  }

  /** @returns whether something is known now that was not; a file that cannot be read is told by whoever watches */
  #lookAgain(): boolean {
    if (performance.now() - this.#lookedAt < lookAgainMs) return false
    try {
      return this.look()
    } catch {
      return false
    }
  }
}

const fileOf = (home: string, purpose: KeyPurpose) => join(home, 'keys', `${purpose}.jwks.json`)

/** @returns whether a fresh key was made; one of an earlier version is taken over */
function makeWhereMissing(home: string, purpose: KeyPurpose, now: () => number, tokens: TokenSigners): boolean {
  const file = fileOf(home, purpose)
  const earlier = join(home, 'keys', `${purpose}.jwk.json`)
  const taken = existsSync(file) ? undefined : readEarlier(earlier, purpose, tokens)
  const entry = taken ?? freshEntry(purpose, now())
  const isMade = !existsSync(file) && writeOnce(file, formatKeys([entry]))
  // it is in the new file, on the disk
  if (taken) rmSync(earlier, { force: true })
  return isMade && !taken
}

/** @throws KeyFileError for one that is there and is no private key, or that others can read */
function readEarlier(file: string, purpose: KeyPurpose, tokens: TokenSigners): Key['entry'] | undefined {
  if (!existsSync(file)) return undefined
  let entry: Key['entry']
  try {
    const { text } = readSecretFile(file)
    entry = entryOf(purpose, JSON.parse(text) as JWK, statSync(file).mtimeMs)
    const keys = readKeys(formatKeys([entry]), purpose, tokens)
    if (typeof keys === 'string') throw new KeyFileError([`${file}: ${keys}`])
  } catch (error) {
    // another process has taken it over at this very moment
    if (!existsSync(file)) return undefined
    throw error instanceof KeyFileError ? error : new KeyFileError([`${file}: holds no private key as JWK`])
  }
  return entry
}

function readAll(home: string, tokens: TokenSigners): Readonly<Record<KeyPurpose, Read>> {
  const problems: string[] = []
  const found = keyPurposes.map(purpose => {
    const file = fileOf(home, purpose)
    try {
      const { text, stamp } = readSecretFile(file)
      const keys = readKeys(text, purpose, tokens)
      if (typeof keys !== 'string') return [purpose, { stamp, keys }] as const
      problems.push(`${file}: ${keys}`)
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error
      problems.push(...error.problems)
    }
    return undefined
  })
  if (problems.length > 0) throw new KeyFileError(problems)
  return Object.fromEntries(found.filter(each => each !== undefined)) as Record<KeyPurpose, Read>
}
