import type { Bundle } from '@medplum/fhirtypes'
import { request } from 'undici'
import { verifyGatewaySignature } from '../../src/signature/verify-gateway.ts'
import { parseCompact, verifySignature } from '../../src/standards/jws.ts'
import { type NoteKey, openNote, parseVkey } from '../../src/standards/signed-note.ts'
import { fetchTrust } from '../parties/gateway-trust.ts'
import type { Party } from '../parties/party.ts'
import { verifyReceipt } from '../parties/verify-receipt.ts'
import type { Ledger } from './ledger.ts'

/**
 * Judges what gateways sign by the keys that they publish at that very moment, as a careful partner would; what does not hold is
 * in `failures`.
 */
export class Onlooker {
  readonly failures: string[] = []
  /** each with the time at which it ends (milliseconds) */
  readonly tokens: { readonly party: Party; readonly token: string; readonly until: number }[] = []
  readonly checkpoints: string[] = []
  readonly kids = new Set<string>()
  readonly #issuer: string
  readonly #receipts = new Set<string>()
  #readings = 0
  #witnessed: readonly NoteKey[] = []

  /** @param issuer `{b}` of the gateways */
  constructor(issuer: string) {
    this.#issuer = issuer
  }

  /** how many receipts and readings of a ledger were judged */
  get judged(): readonly [number, number] {
    return [this.#receipts.size, this.#readings]
  }

  /** A fresh token: its signature, and that the gateways take it. */
  async askToken(party: Party): Promise<void> {
    const answer = await party.grant(await party.assertion())
    if (answer.status !== 200) return void this.failures.push(`token: ${answer.status} ${answer.text}`)
    const { access_token: token, expires_in } = answer.body as { access_token: string; expires_in: number }
    // at once, and on connections of their own: at the gateway that made it and at the other, which may know less
    const uses = [1, 2].map(() => this.useToken(party, token))
    const [{ keys }] = await Promise.all([fetchTrust(this.#issuer), ...uses])
    const { header, signature, signingInput } = parseCompact(token, { algorithms: ['ES384'] })
    const known = keys.get(header.kid ?? '')
    const holds = known?.purpose === 'token' && verifySignature('ES384', signingInput, signature, known.key)
    if (!holds) this.failures.push(`token: signed by ${header.kid}, which is not published`)
    this.kids.add(header.kid ?? '')
    this.tokens.push({ party, token, until: Date.now() + (expires_in - 20) * 1000 })
  }

  async useToken(party: Party, token: string): Promise<void> {
    const path = '/fhir/DocumentReference?_count=1'
    const { status, text } = await party.send('GET', path, undefined, { authorization: `Bearer ${token}` })
    if (status !== 200) this.failures.push(`a token is not taken: ${status} ${text.slice(0, 300)}`)
  }

  /** What has come into the ledger since the last time: receipts, and documents that a gateway signed. */
  async judge({ deposits, readings }: Ledger): Promise<void> {
    const trust = await fetchTrust(this.#issuer)
    const receipts = deposits.flatMap(({ bytes, acknowledged }) =>
      acknowledged.map(({ receipt }) => ({ bytes, receipt }))
    )
    for (const { bytes, receipt } of receipts.filter(each => !this.#receipts.has(each.receipt))) {
      this.#receipts.add(receipt)
      this.#holds('receipt', () => verifyReceipt(receipt, bytes, trust))
      this.kids.add(parseCompact(receipt, { algorithms: ['ES256'] }).header.kid ?? '')
    }
    for (const { bytes } of readings.slice(this.#readings)) {
      this.#readings++
      const bundle = JSON.parse(bytes!.toString()) as Bundle
      if (!isGateways(bundle)) continue
      this.#holds('derived document', () => this.kids.add(verifyGatewaySignature(bundle, trust.keys).kid))
    }
  }

  /**
   * Follows the log as a witness does who knew its first key alone: another key is believed when it signed a head that a believed one
   * signed too.
   */
  async witness(): Promise<void> {
    const published = (await textOf(`${this.#issuer}/log/vkey`)).trim().split('\n').map(parseVkey)
    if (this.#witnessed.length === 0) this.#witnessed = published
    const note = await textOf(`${this.#issuer}/log/checkpoint`)
    this.#holds('checkpoint by published keys', () => openNote(note, published))
    this.#holds('checkpoint by witnessed keys', () => openNote(note, this.#witnessed))
    if (note !== this.checkpoints.at(-1)) this.checkpoints.push(note)
    const signed = new Set(openNote(note, published).by.map(({ key }) => key.id))
    const fresh = published.filter(({ id }) => signed.has(id) && this.#witnessed.every(known => known.id !== id))
    this.#witnessed = [...this.#witnessed, ...fresh]
  }

  #holds(what: string, judge: () => unknown): void {
    try {
      judge()
    } catch (error) {
      this.failures.push(`${what}: ${(error as Error).message}`)
    }
  }
}

export const isGateways = ({ signature }: Bundle): boolean => signature?.who?.identifier?.system === 'urn:ietf:rfc:3986'

async function textOf(url: string): Promise<string> {
  const { statusCode, body } = await request(url, { reset: true })
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`)
  return body.text()
}
