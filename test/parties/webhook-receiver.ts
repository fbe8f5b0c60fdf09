import type { KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Bundle, Parameters, ParametersParameter } from '@medplum/fhirtypes'
import { contentDigestHolds } from '../../src/standards/content-digest.ts'
import { HttpSignatureError, verifyRequest } from '../../src/standards/http-signature.ts'

/** One notification that held: that there is something, and where; never what. */
export interface Told {
  /** last part of the topic's canonical, e.g. `document-available` */
  readonly topic: string
  /** absolute URL, e.g. `{b}/fhir/DocumentReference/{id}` */
  readonly focus: string
  /** place in this recipient's row of events */
  readonly number: number
}

export interface ReceiverParts {
  /** public webhook keys of the gateway by kid; asked for at each message, so that keys may change */
  readonly keyOf: (kid: string) => Promise<KeyObject | undefined>
  /** milliseconds since 1970 */
  readonly now?: () => number
}

const maxBytes = 64 * 1024
const maxAgeSeconds = 300
const covered = ['@method', '@target-uri', 'content-digest', 'content-type']

/**
 * The endpoint of a partner's system for webhooks (contract §9), on loopback. Believes nothing: the digest must fit the
 * content, the signature (RFC 9421, tag `ryoritsu-webhook`) must be the gateway's, over this very address and no older
 * than five minutes, its nonce never seen before. Answers 204, or 4xx for what it does not believe.
 */
export class WebhookReceiver {
  /** each body that came, believed or not */
  readonly bodies: string[] = []
  /** why messages were not believed */
  readonly refused: string[] = []
  readonly #server: Server
  readonly #parts: ReceiverParts
  readonly #nonces = new Map<string, number>()
  readonly #waiting: Told[] = []
  #wake: () => void = () => undefined

  private constructor(parts: ReceiverParts) {
    this.#parts = parts
    this.#server = createServer((request, response) => {
      void this.#receive(request).then(
        status => response.writeHead(status).end(),
        () => response.writeHead(500).end()
      )
    })
  }

  static async start(parts: ReceiverParts): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(parts)
    await new Promise<void>(resolve => receiver.#server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  /** where the gateway is told to send */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ryoritsu`
  }

  /** The oldest notification that nobody took yet. @throws Error if none comes in that time */
  async next(withinMs = 20_000): Promise<Told> {
    const until = Date.now() + withinMs
    for (;;) {
      const told = this.#waiting.shift()
      if (told) return told
      const left = until - Date.now()
      if (left <= 0) throw new Error(`no webhook within ${withinMs} ms${this.refused.map(why => `; ${why}`).join('')}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }

  async #receive(request: IncomingMessage): Promise<number> {
    if (request.method !== 'POST' || request.url !== '/ryoritsu') return 404
    const body = await bodyOf(request)
    if (!body) return 413
    this.bodies.push(body.toString())
    const why = await this.#doubt(request, body)
    if (why !== undefined) {
      this.refused.push(why)
      return 401
    }
    const told = readNotification(body)
    if (!told) {
      this.refused.push('not a notification')
      return 400
    }
    this.#waiting.push(told)
    this.#wake()
    return 204
  }

  /** @returns why the message is not believed */
  async #doubt({ method = '', headers }: IncomingMessage, body: Buffer): Promise<string | undefined> {
    const fields = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    if (!contentDigestHolds(fields['content-digest'] ?? '', body)) return 'the digest is not of this content'
    const now = Math.floor((this.#parts.now ?? Date.now)() / 1000)
    const kid = /keyid="([^"]+)"/u.exec(fields['signature-input'] ?? '')?.[1] ?? ''
    const key = await this.#parts.keyOf(kid)
    try {
      const { nonce } = verifyRequest(
        // the address that it was registered under, not the Host that a sender claims
        { method, targetUri: this.url, fields },
        { tag: 'ryoritsu-webhook', covered, keyOf: named => (named === kid ? key : undefined), now, maxAgeSeconds }
      )
      for (const [old, until] of this.#nonces) if (until < now) this.#nonces.delete(old)
      if (this.#nonces.has(nonce)) return 'the nonce was seen before'
      this.#nonces.set(nonce, now + 2 * maxAgeSeconds)
      return undefined
    } catch (error) {
      if (error instanceof HttpSignatureError) return error.message
      throw error
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** An id-only notification of the R4 backport; anything more in it would be content that nobody asked for. */
function readNotification(body: Buffer): Told | undefined {
  let bundle: Bundle
  try {
    bundle = JSON.parse(body.toString()) as Bundle
  } catch {
    return undefined
  }
  const status = bundle?.entry?.[0]?.resource as Parameters | undefined
  if (bundle?.type !== 'history' || bundle.entry?.length !== 1 || status?.resourceType !== 'Parameters')
    return undefined
  const named = (list: readonly ParametersParameter[] | undefined, name: string) =>
    list?.find(each => each.name === name)
  const event = named(status.parameter, 'notification-event')?.part
  const topic = named(status.parameter, 'topic')?.valueCanonical?.split('/').at(-1)
  const focus = named(event, 'focus')?.valueReference?.reference
  const number = Number(named(event, 'event-number')?.valueString)
  return topic && focus && Number.isSafeInteger(number) ? { topic, focus, number } : undefined
}
