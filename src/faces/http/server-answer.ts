import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../document/caller.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { FhirXml } from '../../standards/fhir-xml.ts'
import { inXml } from './fhir-format.ts'
import { answerFormat, type Format } from './media.ts'
import { errorAnswer } from './refusals.ts'
import type { Answer, Call, Dialect, Route } from './route.ts'
import { callOf, presentedIn, queryOf } from './server-call.ts'
import type { Tls } from './tls.ts'

/** What answers are made with. */
export interface AnswerParts {
  readonly routes: readonly Route[]
  /** undefined: plain HTTP */
  readonly tls: Tls | undefined
  /** whether what comes from this address was passed on by a proxy that we trust */
  readonly isProxy: (address: string) => boolean
  /** writes the audit record of a refusal; durable when it resolves */
  readonly refused: (refusal: Refusal, context: { call: Call; caller: Caller | undefined }) => Promise<void>
  /** FHIR in XML, of bodies and answers */
  readonly xml: FhirXml
}

/** An answer in the format asked for. */
export function shown(xml: FhirXml, answer: Answer, { formats, method }: FastifyRequest): Answer {
  if (formats.answer === 'json') return answer
  try {
    return inXml(xml, answer)
  } catch (error) {
    // what has been done is done: better in JSON than not told
    if (method !== 'GET' && error instanceof Refusal) return answer
    throw error
  }
}

const jsonOf: Readonly<Record<Dialect, string>> = {
  fhir: 'application/fhir+json; charset=utf-8',
  plain: 'application/json; charset=utf-8',
  oauth: 'application/json; charset=utf-8'
}

/** Puts an answer into the reply, as it is. */
export function send(reply: FastifyReply, answer: Answer, dialect: Dialect): FastifyReply {
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

/** Answers an error as a refusal, in the dialect of its route, once it is recorded. */
export async function sendError(
  parts: AnswerParts,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const route = request.routeOptions?.config.route
  const dialect = route?.dialect ?? (request.url.startsWith('/fhir') ? 'fhir' : 'plain')
  const refusal = refusalOf(error)
  // before any hook of ours has run where the address itself could not be read
  void reply.header('x-request-id', request.id)
  request.presented ??= presentedIn(request, parts)
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

/** What there is instead of a route that there is not: another method of the same address, or nothing. */
export function unrouted(routes: readonly Route[], request: FastifyRequest): Refusal {
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
