import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController
} from 'fastify'
import type { Logger } from 'pino'
import type { Caller } from '../../document/caller.ts'
import { as, type RequestId } from '../../document/ids.ts'
import type { Presented } from '../../document/presented.ts'
import { admit } from '../../journeys/access/admit.ts'
import type { BrowserCall } from '../../journeys/person/enter.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { FhirXml } from '../../standards/fhir-xml.ts'
import { inXml, withJsonBody } from './fhir-format.ts'
import { answerFormat, bodyFormat, type Format } from './media.ts'
import { presentedBy } from './presented.ts'
import { errorAnswer } from './refusals.ts'
import type { Answer, Call, Dialect, Route } from './route.ts'
import { peerOf, type Tls, tlsOptions } from './tls.ts'
import { unparsedAnswer } from './unparsed.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined
    startedAt: number
    presented: Presented
    /** of its body, and of the answer */
    formats: { readonly body: Format; readonly answer: Format }
  }
  interface FastifyContextConfig {
    route?: Route
  }
}

export interface ServerParts {
  readonly routes: readonly Route[]
  readonly logger: Logger
  readonly limits: { readonly maxDocumentBytes: number }
  readonly now: () => number
  readonly requestId: () => string
  /** undefined: plain HTTP */
  readonly tls: Tls | undefined
  /** whether what comes from this address was passed on by a proxy that we trust */
  readonly isProxy: (address: string) => boolean
  readonly authenticate: (presented: Presented, now: number) => Promise<Caller>
  /** for the next DPoP proof (RFC 9449 section 8.2) */
  readonly proofNonce: (now: number) => string
  /** who is in the browser session of a call */
  readonly enter: (call: BrowserCall) => Promise<Caller>
  /** writes the audit record of a refusal; durable when it resolves */
  readonly refused: (refusal: Refusal, context: { call: Call; caller: Caller | undefined }) => Promise<void>
  readonly idempotent: (
    call: Call,
    about: { readonly caller: Caller | undefined; readonly isDecidedAnew: boolean },
    handle: () => Promise<Answer>
  ) => Promise<Answer>
  readonly isStopping: () => boolean
  /** FHIR in XML, of bodies and answers */
  readonly xml: FhirXml
  readonly answered: (answer: { method: string; route: string; status: number; seconds: number }) => void
}

/**
 * The one place that knows Fastify: limits and the caller before the body, then plain values for the routes.
 * Refusals come in the order of contract §1: size and state of the gateway, caller, scope, media types, syntax, content.
 */
export function buildServer(parts: ServerParts): FastifyInstance {
  const app = fastify({
    https: parts.tls ? tlsOptions(parts.tls) : null,
    loggerInstance: parts.logger as FastifyBaseLogger,
    // one line an answer, written below: Fastify's own have URLs in them
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    exposeHeadRoutes: false,
    bodyLimit: parts.limits.maxDocumentBytes,
    genReqId: request => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && /^[A-Za-z0-9-]{1,64}$/u.test(given) ? given : parts.requestId()
    },
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 200 },
    frameworkErrors: (_error, request, reply) => {
      void sendError(parts, new Refusal('parameter-invalid', { at: ['url'] }), request, reply)
    },
    clientErrorHandler: (error, socket) => {
      // nobody is there any more to be told
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
      const refusal = new Refusal('parameter-invalid', { at: ['request'] })
      const call = {
        ...noCall(socket.remoteAddress ?? ''),
        request: as<RequestId>(parts.requestId()),
        at: parts.now()
      }
      const answer = () => void socket.end(unparsedAnswer(refusal, call.request, error.code))
      parts.refused(refusal, { call, caller: undefined }).then(answer, answer)
    }
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.decorateRequest('caller', undefined)
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('presented')
  app.decorateRequest('formats')

  app.addHook('onRequest', async (request, reply) => {
    request.startedAt = parts.now()
    request.presented = presented(parts, request)
    void reply.header('x-request-id', request.id)
    if (Number(request.headers['content-length'] ?? 0) > parts.limits.maxDocumentBytes) {
      // answered while the body is still coming in: reading it to its end spares the client a broken pipe
      request.raw.resume()
      throw new Refusal('too-large')
    }
    // the platform asks for health until the very end
    if (parts.isStopping() && !request.url.startsWith('/health/'))
      throw new Refusal('shutting-down', { retryAfterSeconds: 5 })
    if (request.presented.dpop.length > 0) void reply.header('dpop-nonce', parts.proofNonce(request.startedAt))
    const route = request.routeOptions.config.route
    if (route === undefined || route.access === 'public') return
    if (route.access === 'session') {
      request.caller = await parts.enter(browserCallOf(request))
      return
    }
    request.caller = await parts.authenticate(request.presented, request.startedAt)
    admit(route.access, request.caller)
  })
  app.addHook('preParsing', async request => {
    const route = request.routeOptions.config.route
    if (route === undefined) return
    const body = bodyFormat(route, request.headers)
    request.formats = { body, answer: answerFormat(route, request.headers.accept, queryOf(request.url)) }
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request
    const route = request.routeOptions.url ?? 'unrouted'
    parts.answered({ method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 })
    request.log.info({ method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered')
  })
  app.setErrorHandler((error, request, reply) => sendError(parts, error, request, reply))
  app.setNotFoundHandler((request, reply) => sendError(parts, unrouted(parts.routes, request), request, reply))

  for (const route of parts.routes) {
    app.route({
      method: route.method,
      url: route.path,
      config: { route },
      handler: async (request, reply) => {
        const call = withJsonBody(parts.xml, callOf(request), request.formats)
        const handle = async () =>
          route.access === 'public' ? route.handle(call) : route.handle({ ...call, caller: request.caller! })
        const isOfHealth = typeof route.access !== 'string' && route.access.health === true
        const isDecidedAnew = isOfHealth || route.keepsNothing === true
        const about = { caller: request.caller, isDecidedAnew }
        // an answer with a token or a cookie is given once
        const isRepeatable = route.method === 'POST' && route.access !== 'session'
        const answer = isRepeatable ? await parts.idempotent(call, about, handle) : await handle()
        return send(reply, shown(parts.xml, answer, request), route.dialect)
      }
    })
  }
  return app
}

function browserCallOf({ method, headers, startedAt, presented: { address } }: FastifyRequest): BrowserCall {
  return { method, headers: headers as Record<string, string | undefined>, at: startedAt, address }
}

function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf('?')
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1))
}

/** An answer in the format asked for. */
function shown(xml: FhirXml, answer: Answer, { formats, method }: FastifyRequest): Answer {
  if (formats.answer === 'json') return answer
  try {
    return inXml(xml, answer)
  } catch (error) {
    // what has been done is done: better in JSON than not told
    if (method !== 'GET' && error instanceof Refusal) return answer
    throw error
  }
}

function callOf(request: FastifyRequest): Call {
  const { url } = request
  const mark = url.indexOf('?')
  return {
    request: as<RequestId>(request.id),
    target: `${request.method} ${mark === -1 ? url : url.slice(0, mark)}`,
    at: request.startedAt,
    address: request.presented.address,
    presented: request.presented,
    params: request.params as Record<string, string>,
    query: queryOf(url),
    headers: request.headers as Record<string, string | undefined>,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  }
}

/** What is known of bytes that are no request. */
const noCall = (address: string) => ({
  target: '',
  params: {},
  query: new URLSearchParams(),
  headers: {},
  body: new Uint8Array(),
  address,
  presented: { authorization: [], dpop: [], method: '', target: '', certificate: undefined, address }
})

function presented({ tls, isProxy }: ServerParts, { raw }: FastifyRequest): Presented {
  const { method = '', url = '', socket, rawHeaders } = raw
  const address = socket.remoteAddress ?? ''
  return presentedBy({ method, target: url, address, peer: tls && peerOf(socket, tls), rawHeaders }, isProxy)
}

const jsonOf: Readonly<Record<Dialect, string>> = {
  fhir: 'application/fhir+json; charset=utf-8',
  plain: 'application/json; charset=utf-8',
  oauth: 'application/json; charset=utf-8'
}

function send(reply: FastifyReply, answer: Answer, dialect: Dialect): FastifyReply {
  void reply.code(answer.status)
  void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  if (dialect === 'fhir') void reply.header('vary', 'Accept')
  if (answer.headers) void reply.headers(answer.headers)
  if (answer.body === undefined) return reply.send()
  void reply.type(answer.type ?? jsonOf[dialect])
  const { body } = answer
  if (body instanceof Uint8Array) return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  return reply.send(typeof body === 'string' ? body : JSON.stringify(body))
}

async function sendError(
  parts: ServerParts,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const route = request.routeOptions?.config.route
  const dialect = route?.dialect ?? (request.url.startsWith('/fhir') ? 'fhir' : 'plain')
  const refusal = refusalOf(error)
  // before any hook of ours has run where the address itself could not be read
  void reply.header('x-request-id', request.id)
  request.presented ??= presented(parts, request)
  if (refusal.key === 'defect') {
    // a message may hold content; where it happened does not
    const where =
      error instanceof Error ? (error.stack ?? '').split('\n').filter(line => line.startsWith('    at ')) : []
    request.log.error({ error: (error as Error)?.name, where }, 'defect')
  }
  const sendRefusal = (refused: Refusal) => {
    const answer = errorAnswer(refused, dialect, request.id, request.headers['accept-language'])
    return send(reply, refusalFormat(request, route, dialect) === 'xml' ? inXml(parts.xml, answer) : answer, dialect)
  }
  try {
    await parts.refused(refusal, { call: callOf(request), caller: request.caller })
  } catch (failure) {
    const unrecorded = failure instanceof Refusal ? failure : new Refusal('defect', { cause: failure })
    return sendRefusal(unrecorded)
  }
  return sendRefusal(refusal)
}

/** The format that a refusal comes in: also where what was asked for cannot be had. */
function refusalFormat(request: FastifyRequest, route: Route | undefined, dialect: Dialect): Format {
  try {
    return answerFormat(route ?? { dialect }, request.headers.accept, queryOf(request.url))
  } catch {
    return 'json'
  }
}

/** Fastify's own errors are the client's where they say so; anything else that is not a Refusal is a defect of ours. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Refusal('too-large')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new Refusal('media-type')
  // the caller hung up before the body was whole: nobody is left to read this, and it is no defect of ours
  if (code === 'ECONNRESET') return new Refusal('parameter-invalid', { at: ['Content-Length'] })
  if (code?.startsWith('FST_ERR_CTP') && statusCode === 400)
    return new Refusal('parameter-invalid', { at: ['Content-Length'] })
  return new Refusal('defect', { cause: error })
}

function unrouted(routes: readonly Route[], request: FastifyRequest): Refusal {
  const path = request.url.split('?')[0]!
  const sameShape = (pattern: string) => {
    const parts = pattern.split('/')
    const given = path.split('/')
    return parts.length === given.length && parts.every((part, index) => part.startsWith(':') || part === given[index])
  }
  const allowed = routes.filter(route => sameShape(route.path)).map(route => route.method)
  return allowed.length > 0
    ? new Refusal('method-not-allowed', { at: [...new Set(allowed)] })
    : new Refusal('not-found')
}
