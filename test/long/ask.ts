import { Agent, request } from 'undici'
import type { Party } from '../parties/party.ts'

/** What a client saw of one request, to the last byte or to where the connection broke. */
export type Seen =
  | {
      readonly outcome: 'answered'
      readonly status: number
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      readonly bytes: Buffer
    }
  /** `status`: of an answer that had begun */
  | { readonly outcome: 'cut'; readonly status: number | undefined }

export interface Asking {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Connections of clients that want to know how far an answer came. */
export class Line {
  readonly #agent = new Agent({ pipelining: 1 })
  readonly #isFreshEach: boolean
  /** requests that had no whole answer */
  cuts = 0

  /** @param isFreshEach each request on a connection of its own, for a balancer to place */
  constructor(isFreshEach = false) {
    this.#isFreshEach = isFreshEach
  }

  async ask(party: Party, { method, path, headers, body }: Asking): Promise<Seen> {
    let status: number | undefined
    try {
      const answer = await request(`${party.file.issuer}${path}`, {
        method,
        dispatcher: this.#agent,
        reset: this.#isFreshEach,
        headers: {
          authorization: `Bearer ${await party.token()}`,
          ...(body && { 'content-type': 'application/fhir+json' }),
          ...headers
        },
        ...(body && { body })
      })
      status = answer.statusCode
      const bytes = Buffer.from(await answer.body.arrayBuffer())
      return { outcome: 'answered', status, headers: answer.headers, bytes }
    } catch {
      this.cuts++
      return { outcome: 'cut', status }
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }
}
