import type { Instant } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'
import { JsonError, readJson } from '../standards/json.ts'
import { isRecord } from './is-record.ts'
import type { FetchedKeySet, KeySetSource } from './ports.ts'

type KeySet = Partner['jwks']

const second = 1000
const shortest = 60 * second
const usual = 300 * second
/** also after a server stopped to answer: a key that its client withdrew must end */
const longest = 3600 * second
/** between two fetches of one address, whoever asks, and whatever became of the first */
const apart = 30 * second
const mostKeys = 20
const mostUnderWay = 32

interface Held {
  readonly body: Uint8Array
  readonly jwks: KeySet
  readonly fetchedAt: Instant
  /** milliseconds */
  readonly freshFor: number
}

interface Entry {
  held: Held | undefined
  triedAt: Instant
  underWay: Promise<void> | undefined
}

const none: KeySet = { keys: [] }

/**
 * Keys that clients publish (RFC 7517 section 5), kept by address for as long as their server says, within 1 minute and 1 hour; 5
 * minutes where it says nothing. Fetched again in the background when four fifths of that are over, at once for a `kid` that
 * is not among them, but never twice within 30 seconds, so that strangers who name a client drive no fetches. Where a server does not
 * answer, its last keys hold until an hour after they were fetched. Ages count both ways: a clock that is set back keeps no key.
 */
export class PublishedKeys {
  readonly #source: KeySetSource
  readonly #limit: number
  /** the longest unused first */
  readonly #entries = new Map<string, Entry>()
  #underWay = 0

  /** @param limit of addresses that are remembered */
  constructor(source: KeySetSource, limit = 2000) {
    this.#source = source
    this.#limit = limit
  }

  /**
   * @param kid the key that is asked for
   * @returns all keys that are known now; the same set until another one is published
   */
  async keysAt(url: string, kid: string, now: Instant): Promise<KeySet> {
    const entry = this.#entry(url)
    const held = heldAt(entry, now)
    const age = held && Math.abs(now - held.fetchedAt)
    if (held?.jwks.keys.some(key => key.kid === kid) && age! < held.freshFor) {
      if (age! >= held.freshFor * 0.8) void this.#refresh(url, entry, now)
      return held.jwks
    }
    await this.#refresh(url, entry, now)
    return heldAt(entry, now)?.jwks ?? none
  }

  #entry(url: string): Entry {
    const entry = this.#entries.get(url) ?? { held: undefined, triedAt: Number.NEGATIVE_INFINITY, underWay: undefined }
    this.#entries.delete(url)
    if (this.#entries.size >= this.#limit) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest!)
    }
    this.#entries.set(url, entry)
    return entry
  }

  /** One at a time for each address, and no more than some for all. */
  #refresh(url: string, entry: Entry, now: Instant): Promise<void> {
    if (entry.underWay) return entry.underWay
    if (Math.abs(now - entry.triedAt) < apart || this.#underWay >= mostUnderWay) return Promise.resolve()
    entry.triedAt = now
    this.#underWay++
    entry.underWay = this.#fetch(url, entry, now).finally(() => {
      entry.underWay = undefined
      this.#underWay--
    })
    return entry.underWay
  }

  async #fetch(url: string, entry: Entry, now: Instant): Promise<void> {
    const fetched = await this.#source.fetch(url)
    const jwks = fetched && keySetIn(fetched, entry.held)
    if (!jwks) return
    const { body, maxAgeSeconds } = fetched
    const age = maxAgeSeconds === undefined ? usual : maxAgeSeconds * second
    const freshFor = Math.min(Math.max(age, shortest), longest)
    entry.held = { body, jwks, fetchedAt: now, freshFor }
  }
}

const heldAt = ({ held }: Entry, now: Instant): Held | undefined =>
  held && Math.abs(now - held.fetchedAt) < longest ? held : undefined

/** What the keys themselves are worth is judged where one is used; keys of other kinds may stand among them (RFC 7517 section 5). */
function keySetIn({ body }: FetchedKeySet, before: Held | undefined): KeySet | undefined {
  // keys are read once a set, so that the same set must stay the same
  if (before && Buffer.compare(before.body, body) === 0) return before.jwks
  try {
    const { value } = readJson(body, { maxDepth: 6 })
    const keys: unknown = isRecord(value) ? value.keys : undefined
    return Array.isArray(keys) && keys.length <= mostKeys && keys.every(isRecord) ? { keys } : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}
