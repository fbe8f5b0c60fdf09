import { X509Certificate } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chainOf, keyOf, timestampingKeys } from '../../fixtures/test-keys.ts'
import { DerMembers, oidText, readDer, smallInteger, tags } from '../../src/standards/der.ts'
import { DerError } from '../../src/standards/der-element.ts'
import { makeReply, policy, refusingReply, type StampingKey } from './timestamp-token.ts'

/** TEST ONLY: the pretend authority's key and certificate. @param file of `fixtures/keys/certificates/` */
export function stampingKey(file = 'tsa'): StampingKey {
  const certificates = chainOf(file).pem.map(pem => new X509Certificate(pem).raw)
  return { certificates, key: keyOf(timestampingKeys, 'tsa').privateKey }
}

/** PKIFailureInfo of RFC 3161 section 2.4.2, by bit. */
const failures = { badAlg: 0, badDataFormat: 5, unacceptedPolicy: 15, unacceptedExtension: 16 } as const

const maxBytes = 4096

/**
 * A time-stamping authority on loopback (RFC 3161 section 3.4): one post, one reply. Honest: it stamps what it is asked to stamp
 * with the time of its clock, and refuses what it does not understand.
 */
export class TimeStampingAuthority {
  /** SHA-256 of what was stamped, oldest first, hex */
  readonly stamped: string[] = []
  /** down: connections are closed without an answer */
  isDown = false
  readonly #server: Server
  readonly #now: () => number
  readonly #by: StampingKey

  private constructor(by: StampingKey, now: () => number) {
    this.#by = by
    this.#now = now
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(
        reply => {
          if (!reply) return request.socket.destroy()
          return response.writeHead(reply.status, { 'content-type': 'application/timestamp-reply' }).end(reply.body)
        },
        () => request.socket.destroy()
      )
    })
  }

  static async start({ by = stampingKey(), now = Date.now }: { by?: StampingKey; now?: () => number } = {}) {
    const authority = new TimeStampingAuthority(by, now)
    await new Promise<void>(resolve => authority.#server.listen(0, '127.0.0.1', resolve))
    return authority
  }

  /** for `RYORITSU_TSA_URL` */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/tsa`
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body?: Buffer } | undefined> {
    if (this.isDown) return undefined
    if (request.method !== 'POST' || request.url !== '/tsa') return { status: 404 }
    if (request.headers['content-type'] !== 'application/timestamp-query') return { status: 415 }
    const body = await bodyOf(request)
    return body ? { status: 200, body: this.#stamp(body) } : { status: 413 }
  }

  #stamp(query: Buffer): Buffer {
    try {
      const { imprint, nonce, certificates } = readQuery(query)
      this.stamped.push(Buffer.from(imprint).toString('hex'))
      const serial = Buffer.alloc(8)
      serial.writeBigUInt64BE(BigInt(this.stamped.length))
      return makeReply({
        imprint,
        nonce,
        serial,
        time: this.#now(),
        accuracySeconds: 1,
        by: this.#by,
        withCertificates: certificates
      })
    } catch (error) {
      if (error instanceof Refused) return refusingReply(failures[error.failure])
      if (error instanceof DerError) return refusingReply(failures.badDataFormat)
      throw error
    }
  }
}

class Refused extends Error {
  readonly failure: keyof typeof failures

  constructor(failure: keyof typeof failures) {
    super(failure)
    this.failure = failure
  }
}

/** TimeStampReq (RFC 3161 section 2.4.1). @throws DerError, Refused */
function readQuery(bytes: Buffer) {
  const query = new DerMembers(readDer(bytes, tags.sequence).content)
  if (smallInteger(query.next(tags.integer)) !== 1) throw new Refused('badDataFormat')
  const messageImprint = query.sequence()
  const algorithm = messageImprint.sequence()
  if (oidText(algorithm.next(tags.oid)) !== '2.16.840.1.101.3.4.2.1') throw new Refused('badAlg')
  const imprint = messageImprint.next(tags.octetString).content
  messageImprint.end()
  if (imprint.length !== 32) throw new Refused('badDataFormat')
  const wanted = query.optional(tags.oid)
  if (wanted && oidText(wanted) !== policy) throw new Refused('unacceptedPolicy')
  const nonce = query.optional(tags.integer)?.content
  const certificates = query.optional(tags.boolean)?.content[0] === 0xff
  if (query.optional(tags.context(0))) throw new Refused('unacceptedExtension')
  query.end()
  return { imprint, nonce, certificates }
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
