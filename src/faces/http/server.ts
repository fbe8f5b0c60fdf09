import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Caller } from '../../document/caller.ts'
import { as, type RequestId } from '../../document/ids.ts'
import type { Presented } from '../../document/presented.ts'
import { admit } from '../../journeys/access/admit.ts'
import type { BrowserCall } from '../../journeys/person/enter.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { withJsonBody } from './fhir-format.ts'
import { answerFormat, bodyFormat, type Format } from './media.ts'
import type { Answer, Call, Route } from './route.ts'
import { type AnswerParts, send, sendError, shown, unrouted } from './server-answer.ts'
import { browserCallOf, callOf, noCall, presentedIn, queryOf } from './server-call.ts'
import { tlsOptions } from './tls.ts'
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

export interface ServerParts extends AnswerParts {
  readonly logger: Logger
  readonly limits: { readonly maxDocumentBytes: number }
  readonly now: () => number
  readonly requestId: () => string
  readonly authenticate: (presented: Presented, now: number) => Promise<Caller>
  /** for the next DPoP proof (RFC 9449 section 8.2) */
  readonly proofNonce: (now: number) => string
  /** who is in the browser session of a call */
  readonly enter: (call: BrowserCall) => Promise<Caller>
  readonly idempotent: (
    call: Call,
    about: { readonly caller: Caller | undefined; readonly isDecidedAnew: boolean },
    handle: () => Promise<Answer>
  ) => Promise<Answer>
  readonly isStopping: () => boolean
  readonly answered: (answer: { method: string; route: string; status: number; seconds: number }) => void
}

/**
 * With `server-call.ts` and `server-answer.ts` the one place that knows Fastify: limits and the caller before the body, then plain values for the routes.
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
    request.presented = presentedIn(request, parts)
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
