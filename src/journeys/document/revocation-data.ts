import { createHash } from 'node:crypto'
import type { Instant } from '../../document/ids.ts'
import type { SignatureResult } from '../../document/signature-result.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { Working } from '../../record/ports.ts'
import type { RevocationData, RevocationSource } from '../../signature/ports.ts'
import { crlUpdates } from '../../signature/revocation/crl.ts'
import { ocspUpdates } from '../../signature/revocation/ocsp.ts'
import type { RevocationDataReads, RevocationFetch } from './ports.ts'

/** One that was got so long ago is asked for again, though the next one may not be due yet. */
const freshForMs = 60 * 60_000
/** A place that gave nothing is left alone for so long. */
const silentForMs = 60_000
const maxPlaces = 500
const maxBytes = 64 * 1024 * 1024
/** A certificate that names more places than this is asked about at the first ones only. */
const maxUris = 2

type Row = Working['revocation']

interface Kept {
  readonly row: Row
  /** when it was got */
  readonly at: Instant
  isStored: boolean
  isBelieved: boolean
  /** what was believed before, until a newer one is: whoever sits on the way, or is asked, may give what is old or not signed */
  before: Kept | undefined
}

interface Parts {
  readonly fetch: RevocationFetch
  readonly reads: RevocationDataReads
  readonly now: () => Instant
}

/**
 * Lists and answers about revoked certificates: in memory, else stored with a document before, else fetched. One fetch a place at
 * a time, whoever waits for it; what cannot be had is not asked for again for a minute. What a document was judged by is stored
 * with it, in the same commit, once for all documents.
 */
export class RevocationStore implements RevocationSource {
  readonly isComplete = false
  readonly #parts: Parts
  /** by place, the one not used for the longest time first */
  readonly #kept = new Map<string, Kept>()
  readonly #silentUntil = new Map<string, Instant>()
  readonly #pending = new Map<string, Promise<Kept | undefined>>()
  #bytes = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  crls(uris: readonly string[]): Promise<readonly RevocationData[]> {
    return this.#first(uris, uri => this.#get('crl', uri, () => this.#parts.fetch.crl(uri)))
  }

  ocsp(uris: readonly string[], request: Uint8Array): Promise<readonly RevocationData[]> {
    const asked = createHash('sha256').update(request).digest('base64url')
    return this.#first(uris, uri => this.#get('ocsp', `${uri} ${asked}`, () => this.#parts.fetch.ocsp(uri, request)))
  }

  /**
   * What a signature was judged by and is not stored yet, for the commit that records its document.
   * @throws Refusal `overloaded` where it was dropped meanwhile: then nothing may refer to it
   */
  async rowsOf({ path }: SignatureResult): Promise<readonly Row[]> {
    const rows: Row[] = []
    for (const { hash } of path?.revocation.evidence ?? []) {
      const kept = this.#all().find(({ row }) => row.hash === hash)
      if (kept && !kept.isStored) rows.push(kept.row)
      if (!kept && !(await this.#parts.reads.byHash(hash))) throw new Refusal('overloaded')
    }
    return rows
  }

  /** What was believed and is not stored yet: what a refusal stands on must outlive this process, too. */
  get unstored(): readonly Row[] {
    return this.#all().flatMap(({ row, isBelieved, isStored }) => (isBelieved && !isStored ? [row] : []))
  }

  /** They were committed. */
  stored(rows: readonly Row[]): void {
    for (const kept of this.#all()) if (rows.includes(kept.row)) kept.isStored = true
  }

  believed(hash: string): void {
    for (const kept of this.#kept.values()) {
      if (kept.row.hash !== hash) continue
      kept.isBelieved = true
      if (!kept.before || kept.before.row.thisUpdate > kept.row.thisUpdate) continue
      this.#bytes -= kept.before.row.bytes.length
      kept.before = undefined
    }
  }

  #all(): readonly Kept[] {
    return [...this.#kept.values()].flatMap(kept => (kept.before ? [kept, kept.before] : [kept]))
  }

  async #first(
    uris: readonly string[],
    get: (uri: string) => Promise<Kept | undefined>
  ): Promise<readonly RevocationData[]> {
    for (const uri of uris.slice(0, maxUris)) {
      const kept = await get(uri)
      if (kept) return newestFirst(kept).map(dataOf)
    }
    return []
  }

  #get(
    kind: RevocationData['kind'],
    place: string,
    fetch: () => Promise<Uint8Array | undefined>
  ): Promise<Kept | undefined> {
    const pending = this.#pending.get(place) ?? this.#find(kind, place, fetch)
    this.#pending.set(place, pending)
    return pending.finally(() => this.#pending.delete(place))
  }

  async #find(
    kind: RevocationData['kind'],
    place: string,
    fetch: () => Promise<Uint8Array | undefined>
  ): Promise<Kept | undefined> {
    const now = this.#parts.now()
    const known = this.#kept.get(place) ?? (await this.#storedBefore(place))
    if (known && this.#isFresh(known, now)) return this.#keep(place, known)
    if ((this.#silentUntil.get(place) ?? 0) > now) return known && this.#keep(place, known)
    const bytes = await fetch()
    const updates = bytes && (kind === 'crl' ? crlUpdates(bytes) : ocspUpdates(bytes))
    if (!bytes || !updates) {
      this.#beSilent(place, now + silentForMs)
      return known && this.#keep(place, known)
    }
    this.#silentUntil.delete(place)
    const hash = createHash('sha256').update(bytes).digest('base64url')
    const row: Row = {
      hash,
      kind,
      place,
      bytes,
      thisUpdate: updates.thisUpdate,
      nextUpdate: updates.nextUpdate ?? null,
      at: now
    }
    const isSame = known?.row.hash === hash
    const before = known?.before ?? (known?.isBelieved && !isSame ? { ...known, before: undefined } : undefined)
    return this.#keep(place, {
      row,
      at: now,
      isStored: isSame && known.isStored,
      isBelieved: isSame && known.isBelieved,
      before
    })
  }

  async #storedBefore(place: string): Promise<Kept | undefined> {
    const row = await this.#parts.reads.newest(place)
    // none is stored but with what it was believed for
    return row && { row, at: row.at, isStored: true, isBelieved: true, before: undefined }
  }

  #isFresh({ row, at }: Kept, now: Instant): boolean {
    // a clock that was set back makes nothing fresh
    return Math.abs(now - at) < freshForMs && (row.nextUpdate === null || now <= row.nextUpdate)
  }

  #keep(place: string, kept: Kept): Kept {
    this.#drop(place)
    this.#kept.set(place, kept)
    this.#bytes += sizeOf(kept)
    while (this.#kept.size > maxPlaces || this.#bytes > maxBytes) this.#drop(this.#kept.keys().next().value!)
    return kept
  }

  #drop(place: string): void {
    const kept = this.#kept.get(place)
    this.#bytes -= kept ? sizeOf(kept) : 0
    this.#kept.delete(place)
  }

  #beSilent(place: string, until: Instant): void {
    this.#silentUntil.delete(place)
    this.#silentUntil.set(place, until)
    if (this.#silentUntil.size > maxPlaces) this.#silentUntil.delete(this.#silentUntil.keys().next().value!)
  }
}

/** By what they say of themselves: one that nobody signed may say anything, and then the other one is looked at. */
const newestFirst = (kept: Kept): readonly Kept[] => {
  const { row, before } = kept
  if (!before) return [kept]
  return before.row.thisUpdate > row.thisUpdate ? [before, kept] : [kept, before]
}

const sizeOf = ({ row, before }: Kept): number => row.bytes.length + (before?.row.bytes.length ?? 0)

const dataOf = ({ row: { kind, bytes, hash } }: Kept): RevocationData => ({
  kind: kind as RevocationData['kind'],
  bytes,
  hash
})
