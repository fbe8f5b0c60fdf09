import { X509Certificate } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { doctorLeaf } from '../../fixtures/certificate-leaves.ts'
import { chainOf, testRoots } from '../../fixtures/test-keys.ts'
import { type CertificateFields, readFields } from '../../src/signature/certificate-fields.ts'
import { DerReader } from '../../src/standards/der-reader.ts'
import { intermediateName, intermediateWith, issue, issueResponder } from './issue.ts'
import { authorityKey, makeCrl, makeOcsp, ocspRefusal, type Revoked } from './revocation-data.ts'

export interface AuthorityParts {
  /** milliseconds since 1970 */
  readonly now?: () => number
  /** whether certificates name a responder beside the list */
  readonly hasResponder?: boolean
}

const hour = 3_600_000
const maxRequestBytes = 4096

/**
 * An authority of HPKI's shape on loopback: certifies physicians, revokes, publishes its lists (`/users.crl`, `/authorities.crl`) and
 * answers by OCSP (`/ocsp`). It signs with the committed test keys below the test root, and says nothing but the truth.
 */
export class CertificateAuthority {
  /** paths that were asked for, in order */
  readonly asked: string[] = []
  /** while true every answer is a 503 */
  isDown = false
  /** milliseconds that it waits before it answers */
  delayMs = 0
  readonly #revoked = new Map<string, Revoked>()
  readonly #given = new Map<string, CertificateFields>()
  readonly #server: Server
  readonly #now: () => number
  readonly #hasResponder: boolean
  readonly #intermediate: Buffer
  readonly #responder: Buffer
  #serial = 0x5000

  private constructor({ now = Date.now, hasResponder = false }: AuthorityParts, responder: Buffer) {
    this.#now = now
    this.#hasResponder = hasResponder
    this.#responder = responder
    this.#intermediate = Buffer.from(chainOf('physician-990101').x5c[1]!, 'base64')
    this.#server = createServer((request, response) => {
      void this.#serve(request, response).catch(() => response.writeHead(500).end())
    })
  }

  static async start(parts: AuthorityParts = {}): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(parts, await issueResponder())
    await new Promise<void>(resolve => authority.#server.listen(0, '127.0.0.1', resolve))
    return authority
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** @returns `x5c` for the physician who has this test key: leaf and intermediate, which names its own list, too */
  async certify(key: string, name: string, registration: string, role?: string): Promise<readonly string[]> {
    this.#serial += 1
    const serial = this.#serial.toString(16)
    const ocsp = this.#hasResponder ? `${this.url}/ocsp` : undefined
    const leaf = doctorLeaf({ name, registration, role, crl: `${this.url}/users.crl`, ocsp })
    const der = await issue({ ...leaf, issuer: intermediateName, key, by: 'test-intermediate', serial })
    this.#given.set(serial, readFields(der))
    return [der.toString('base64'), (await this.#ownCertificate()).toString('base64')]
  }

  /** @param x5c as `certify` gave it */
  revoke(x5c: readonly string[], at = new Date(this.#now()), reason?: number, invalidAt?: Date): void {
    const serial = serialOf(Buffer.from(x5c[0]!, 'base64'))
    this.#revoked.set(serial, { serial, at, ...(reason !== undefined && { reason }), ...(invalidAt && { invalidAt }) })
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }

  /** The list of users' certificates, good for a day. */
  list(): Buffer {
    return makeCrl({ issuer: readFields(this.#intermediate), revoked: [...this.#revoked.values()], ...this.#day() })
  }

  /** The intermediate with a place of its own for revocation, under the same name and key as the committed one. */
  #own: Promise<Buffer> | undefined
  #ownCertificate(): Promise<Buffer> {
    this.#own ??= intermediateWith(`${this.url}/authorities.crl`)
    return this.#own
  }

  #day() {
    return { thisUpdate: new Date(this.#now() - hour), nextUpdate: new Date(this.#now() + 23 * hour) }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    this.asked.push(path)
    const body = await bodyOf(request)
    if (this.delayMs > 0) await new Promise(resolve => setTimeout(resolve, this.delayMs))
    if (this.isDown || !body) return void response.writeHead(this.isDown ? 503 : 413).end()
    const answer = this.#answer(`${request.method} ${path}`, body)
    if (!answer) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': path === '/ocsp' ? 'application/ocsp-response' : 'application/pkix-crl' })
    response.end(answer)
  }

  #answer(asked: string, body: Buffer): Buffer | undefined {
    if (asked === 'GET /users.crl') return this.list()
    if (asked === 'GET /authorities.crl') {
      return makeCrl({ issuer: readFields(testRoots()[0]!), key: authorityKey('test-root'), ...this.#day() })
    }
    return asked === 'POST /ocsp' ? this.#respond(body) : undefined
  }

  #respond(request: Buffer): Buffer {
    const serial = askedSerial(request)
    const certificate = serial === undefined ? undefined : this.#given.get(serial)
    if (!certificate) return ocspRefusal(6)
    const revoked = this.#revoked.get(serial!)
    const status = revoked
      ? { at: revoked.at, ...(revoked.reason !== undefined && { reason: revoked.reason }) }
      : ('good' as const)
    const issuer = readFields(this.#intermediate)
    return makeOcsp({
      certificate,
      issuer,
      status,
      responder: this.#responder,
      ...this.#day(),
      producedAt: new Date(this.#now())
    })
  }
}

const serialOf = (der: Buffer): string => new X509Certificate(der).serialNumber.toLowerCase().replace(/^0+(?=..)/u, '')

/** @returns the serial number of the first certificate that is asked about; undefined for what is no request */
function askedSerial(request: Buffer): string | undefined {
  try {
    const list = new DerReader(request).enter(0x30).enter(0x30).enter(0x30)
    const id = list.enter(0x30).enter(0x30)
    id.next(0x30)
    id.next(0x04)
    id.next(0x04)
    const { from, end } = id.next(0x02)
    return request
      .subarray(from, end)
      .toString('hex')
      .replace(/^0+(?=..)/u, '')
  } catch {
    return undefined
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > maxRequestBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}
