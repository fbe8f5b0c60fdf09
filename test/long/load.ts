import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DocumentReference } from '@medplum/fhirtypes'
import { extensionUrl } from '../../src/document/canonical.ts'
import type { Party } from '../parties/party.ts'
import type { Asking, Line, Seen } from './ask.ts'
import type { Deposit, Ledger } from './ledger.ts'
import type { Random } from './seed.ts'
import type { Desk } from './town.ts'

export interface LoadParts {
  readonly line: Line
  readonly ledger: Ledger
  readonly random: Random
  /** deposits of earlier */
  readonly known: readonly Deposit[]
  /** derived documents that are there to read, by the party that may */
  readonly views: ReadonlyMap<string, readonly string[]>
  /** unique for each round: request ids begin with it */
  readonly name: string
}

const stocked = 16

/** Clients that deposit, read and search side by side until they are told that it is over. */
export class Load {
  readonly #parts: LoadParts
  readonly #stock = new Map<Desk, ReturnType<Desk['write']>[]>()
  #isOver = false
  #requests = 0
  #answers = 0

  constructor(parts: LoadParts) {
    this.#parts = parts
  }

  /** Writes documents before the gateway is there to take them, so that signing does not slow the senders down. */
  prepare(desks: readonly Desk[]): void {
    for (const desk of desks)
      this.#stock.set(
        desk,
        Array.from({ length: stocked }, () => desk.write())
      )
  }

  /** how many answers came whole so far */
  get answers(): number {
    return this.#answers
  }

  /** Nothing more is sent from now on; what is under way is waited for. */
  end(): void {
    this.#isOver = true
  }

  async run(desks: readonly Desk[]): Promise<void> {
    await Promise.all(
      desks.flatMap(desk => [
        this.#repeat(() => this.#deposit(desk)),
        this.#repeat(() => this.#readAny(desk)),
        this.#repeat(() => this.#search(desk.recipient))
      ])
    )
  }

  /** Sends a document again whose outcome is not known, or for the first time; the ledger notes each answer. */
  async send(deposit: Deposit): Promise<Seen> {
    const request = this.#request()
    const seen = await this.#ask(deposit.desk.author, {
      method: 'POST',
      path: '/fhir/Bundle',
      headers: { 'x-request-id': request, ...(deposit.key !== undefined && { 'idempotency-key': deposit.key }) },
      body: deposit.bytes
    })
    if (seen.outcome === 'cut') deposit.isUnknown = true
    else if (seen.status === 201 || seen.status === 200) {
      const id = String(seen.headers.location).split('/').at(-1)!
      deposit.acknowledged.push({ request, status: seen.status, id, receipt: receiptIn(seen.bytes) })
    } else this.#unexpected('deposit', seen)
    return seen
  }

  /** Reads one document and notes that it was disclosed as soon as an answer began. */
  async read(party: Party, id: string): Promise<Seen> {
    const request = this.#request()
    const seen = await this.#ask(party, {
      method: 'GET',
      path: `/fhir/Bundle/${id}`,
      headers: { 'x-request-id': request }
    })
    if (seen.status === 200) {
      const bytes = seen.outcome === 'answered' ? seen.bytes : undefined
      this.#parts.ledger.readings.push({ request, id, bytes })
    } else if (seen.outcome === 'answered') this.#unexpected('read', seen)
    return seen
  }

  async #repeat(act: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) await act()
  }

  async #deposit(desk: Desk): Promise<void> {
    const { ledger, random } = this.#parts
    const key = random.next() < 0.5 ? randomUUID() : undefined
    const written = this.#stock.get(desk)?.pop() ?? desk.write()
    const deposit: Deposit = { desk, ...written, key, acknowledged: [], isUnknown: false }
    ledger.deposits.push(deposit)
    // some systems press the button twice
    const times = random.next() < 0.15 ? 2 : 1
    await Promise.all(Array.from({ length: times }, () => this.send(deposit)))
  }

  /** The author, the worker and the recipient take turns. */
  async #readAny(desk: Desk): Promise<unknown> {
    const { ledger, known, random, views } = this.#parts
    const originals = [...known, ...ledger.deposits].flatMap(({ desk: by, acknowledged: [first] }) =>
      by === desk && first ? [first.id] : []
    )
    const ways = (
      [
        [desk.author, originals],
        [desk.worker, originals],
        [desk.recipient, views.get(desk.recipient.file.party) ?? []]
      ] as const
    ).filter(([, ids]) => ids.length > 0)
    if (ways.length === 0) return sleep(20)
    const [reader, ids] = random.of(ways)
    await this.read(reader, random.of(ids))
  }

  async #search(party: Party): Promise<void> {
    const seen = await this.#ask(party, {
      method: 'GET',
      path: '/fhir/DocumentReference?_count=3',
      headers: { 'x-request-id': this.#request() }
    })
    if (seen.outcome === 'answered' && seen.status !== 200) this.#unexpected('search', seen)
  }

  async #ask(party: Party, asking: Asking): Promise<Seen> {
    const seen = await this.#parts.line.ask(party, asking)
    if (seen.outcome === 'answered') this.#answers++
    return seen
  }

  #request(): string {
    return `${this.#parts.name}-${this.#requests++}`
  }

  #unexpected(act: string, seen: Extract<Seen, { outcome: 'answered' }>): void {
    this.#parts.ledger.unexpected.push(`${act}: ${seen.status} ${seen.bytes.toString().slice(0, 500)}`)
  }
}

export function receiptIn(bytes: Buffer): string {
  const { extension = [] } = JSON.parse(bytes.toString()) as DocumentReference
  return extension.find(each => each.url === extensionUrl('receipt'))?.valueString ?? ''
}
