import { Agent, type Dispatcher, request } from 'undici'
import { Authenticator, type Behaviour } from './authenticator.ts'
import type { Answered, Asking } from './party.ts'

/** What a page of the gateway sends with each call of a session. */
export const fromOwnPage = (origin: string) => ({
  origin,
  'sec-fetch-site': 'same-origin',
  'x-ryoritsu-session': '1'
})

interface Sending extends Asking {
  /** instead of the cookie that the browser has; '' for none */
  readonly cookie?: string
  /** of another gateway on the same store */
  readonly at?: string
}

/**
 * A person with a browser and a device: keeps the cookie as a browser does, calls `/session` as the pages of the gateway do, and all else with
 * the token that they exchange it for. Looks like a `Party` to the stories.
 */
export class PersonParty {
  /** `{b}` as the browser knows it */
  readonly origin: string
  readonly device: Authenticator
  /** everything that came back so far, for canaries */
  readonly received: string[] = []
  /** `name=value`, as the browser would send it */
  cookie = ''
  readonly #agent = new Agent({ keepAliveTimeout: 1000 })

  constructor(origin: string, device = new Authenticator(origin)) {
    this.origin = origin
    this.device = device
  }

  get<Body = unknown>(path: string, asking?: Sending): Promise<Answered<Body>> {
    return this.call('GET', path, asking)
  }

  post<Body = unknown>(path: string, body: unknown, asking?: Sending): Promise<Answered<Body>> {
    return this.call('POST', path, { ...asking, body })
  }

  put<Body = unknown>(path: string, body: unknown, asking?: Sending): Promise<Answered<Body>> {
    return this.call('PUT', path, { ...asking, body })
  }

  /** With a fresh token, as a page that has just asked for one. */
  async call<Body = unknown>(
    method: Dispatcher.HttpMethod,
    path: string,
    asking: Sending = {}
  ): Promise<Answered<Body>> {
    const type = path.startsWith('/api/') ? 'application/json' : 'application/fhir+json'
    return this.send<Body>(method, path, {
      ...asking,
      cookie: '',
      headers: {
        authorization: `Bearer ${await this.token(asking.purpose)}`,
        ...(asking.body !== undefined && { 'content-type': type }),
        ...asking.headers
      }
    })
  }

  async token(purpose?: string): Promise<string> {
    const answered = await this.session<{ access_token: string }>('POST', '/session/token', purpose ? { purpose } : {})
    if (answered.status !== 200) throw new Error(`no token: ${answered.status} ${answered.text}`)
    return answered.body.access_token
  }

  /** A call of a page of the gateway within (or on the way into) a session. */
  session<Body = unknown>(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: unknown,
    asking: Sending = {}
  ): Promise<Answered<Body>> {
    return this.send<Body>(method, path, {
      ...asking,
      ...(body !== undefined && { body }),
      headers: {
        ...fromOwnPage(this.origin),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...asking.headers
      }
    })
  }

  async register(code: string, name = '電話', asking?: Sending, behaviour?: Behaviour): Promise<Answered> {
    const options = await this.session('POST', '/session/registration/options', { code }, asking)
    if (options.status !== 200) return options
    const response = this.device.create(options.body as object, behaviour)
    return this.session('POST', '/session/registration', { code, name, response }, asking)
  }

  async login(behaviour?: Behaviour, which?: string, asking?: Sending): Promise<Answered> {
    const options = await this.session('GET', '/session/login/options', undefined, asking)
    return this.session(
      'POST',
      '/session/login',
      { response: this.device.get(options.body as object, behaviour, which) },
      asking
    )
  }

  async stepUp(behaviour?: Behaviour, which?: string): Promise<Answered> {
    const options = await this.session('GET', '/session/step-up/options')
    if (options.status !== 200) return options
    return this.session('POST', '/session/step-up', {
      response: this.device.get(options.body as object, behaviour, which)
    })
  }

  async addPasskey(name = '予備'): Promise<Answered<{ id: string }>> {
    const options = await this.session<{ id: string }>('GET', '/session/passkeys/options')
    if (options.status !== 200) return options
    // another device of the same person: the one that has a passkey already would make no second one
    const response = new Authenticator(this.origin).create(options.body)
    return this.session('POST', '/session/passkeys', { name, response })
  }

  /** As it is. */
  async send<Body>(
    method: Dispatcher.HttpMethod,
    path: string,
    { body, headers, cookie = this.cookie, at = this.origin }: Sending
  ): Promise<Answered<Body>> {
    const bytes = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await request(`${at}${path}`, {
      method,
      headers: { ...(cookie !== '' && { cookie }), ...headers },
      dispatcher: this.#agent,
      ...(bytes !== undefined && { body: bytes })
    })
    const received = Buffer.from(await answer.body.arrayBuffer())
    const text = received.toString()
    this.received.push(JSON.stringify(answer.headers), text)
    this.#keepCookie(answer.headers['set-cookie'])
    return {
      status: answer.statusCode,
      headers: answer.headers,
      bytes: received,
      text,
      body: parsed(text) as Body
    }
  }

  #keepCookie(header: string | string[] | undefined): void {
    const [line] = [header ?? []].flat()
    if (line === undefined) return
    this.cookie = /Max-Age=0/u.test(line) ? '' : line.split(';')[0]!
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
