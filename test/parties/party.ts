import { randomUUID } from 'node:crypto'
import { importJWK, type JWK, SignJWT } from 'jose'
import { Agent, type Dispatcher, request } from 'undici'

/** What a partner's system knows of itself: the party file of contract §2. */
export interface PartyFile {
  readonly baseUrl: string
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly scope: string
  readonly privateJwk: JWK & { readonly kid: string; readonly alg: string }
  readonly organization: string
  readonly party: string
  readonly role: string
  readonly purpose?: string
  readonly person?: { readonly id: string; readonly name: string }
  /** one organisation of several that the client acts for, as `subject_organization_id` names it */
  readonly actsFor?: string
  /** signs documents */
  readonly signingJwk?: JWK
  /** PEM, leaf first, of that key */
  readonly certificateChain?: readonly string[]
  readonly caseId?: string
  /** value in `{c}/IdSystem/case-subject`: the party's own */
  readonly caseSubject?: string
}

export interface Answered<Body = unknown> {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
  readonly text: string
  /** the body as JSON; undefined where it is none */
  readonly body: Body
}

export interface Asking {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** another purpose than the usual one */
  readonly purpose?: string
}

/** A pretend partner system: an honest SMART backend client over real HTTP that asks for a token when it needs one. */
export class Party {
  readonly file: PartyFile
  /** everything that came back so far, for canaries */
  readonly received: string[] = []
  readonly #agent = new Agent({ keepAliveTimeout: 1000 })
  readonly #tokens = new Map<string, { readonly token: string; readonly until: number }>()

  constructor(file: PartyFile) {
    this.file = file
  }

  get<Body = unknown>(path: string, asking?: Asking): Promise<Answered<Body>> {
    return this.call('GET', path, asking)
  }

  post<Body = unknown>(path: string, body: unknown, asking?: Asking): Promise<Answered<Body>> {
    return this.call('POST', path, { ...asking, body })
  }

  put<Body = unknown>(path: string, body: unknown, asking?: Asking): Promise<Answered<Body>> {
    return this.call('PUT', path, { ...asking, body })
  }

  /** @param path below the issuer, e.g. `/fhir/Bundle` */
  async call<Body = unknown>(
    method: Dispatcher.HttpMethod,
    path: string,
    { body, headers, purpose }: Asking = {}
  ): Promise<Answered<Body>> {
    const type = path.startsWith('/api/') ? 'application/json' : 'application/fhir+json'
    const bytes =
      body === undefined
        ? undefined
        : typeof body === 'string' || body instanceof Uint8Array
          ? body
          : JSON.stringify(body)
    return this.send<Body>(method, path, bytes, {
      authorization: `Bearer ${await this.token(purpose)}`,
      ...(bytes !== undefined && { 'content-type': type }),
      ...headers
    })
  }

  /** Sends as it is, without a token. */
  async send<Body>(
    method: Dispatcher.HttpMethod,
    path: string,
    body: string | Uint8Array | undefined,
    headers: Readonly<Record<string, string>>
  ): Promise<Answered<Body>> {
    const answer = await request(`${this.file.issuer}${path}`, {
      method,
      headers,
      dispatcher: this.#agent,
      ...(body !== undefined && { body })
    })
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    const text = bytes.toString()
    this.received.push(JSON.stringify(answer.headers), text)
    return { status: answer.statusCode, headers: answer.headers, bytes, text, body: parsed(text) as Body }
  }

  async token(purpose = this.file.purpose): Promise<string> {
    const known = this.#tokens.get(purpose ?? '')
    if (known && known.until > Date.now()) return known.token
    const answer = await this.grant(await this.assertion(purpose))
    if (answer.status !== 200) throw new Error(`no token for ${this.file.role}: ${answer.text}`)
    const { access_token: token, expires_in } = answer.body as { access_token: string; expires_in: number }
    this.#tokens.set(purpose ?? '', { token, until: Date.now() + (expires_in - 30) * 1000 })
    return token
  }

  grant(assertion: string, scope = this.file.scope): Promise<Answered> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      scope
    })
    return this.send('POST', new URL(this.file.tokenEndpoint).pathname, form.toString(), {
      'content-type': 'application/x-www-form-urlencoded'
    })
  }

  async assertion(purpose = this.file.purpose): Promise<string> {
    const { clientId, privateJwk, issuer, person, actsFor } = this.file
    const iua = {
      ...(actsFor !== undefined && { subject_organization_id: actsFor }),
      ...(purpose !== undefined && {
        purpose_of_use: [{ system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-purpose', code: purpose }]
      }),
      ...(person && { subject_id: person.id, subject_name: person.name })
    }
    return new SignJWT({ extensions: { ihe_iua: iua } })
      .setProtectedHeader({ alg: privateJwk.alg, kid: privateJwk.kid, typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(issuer)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('4m')
      .sign(await importJWK(privateJwk, privateJwk.alg))
  }

  close(): Promise<void> {
    return this.#agent.close()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
