import type { operations } from '../../../../openapi/gateway.d.ts'
import { rowOf } from '../../../journeys/access/who-may-call.ts'
import { pad } from '../../../journeys/document/pad-answer.ts'
import { jsonText } from '../json-body.ts'
import type { Call, KnownCall, KnownRoute, PublicRoute } from '../route.ts'
import type { Contract, OperationId } from './contract.ts'

type JsonOf<Response> = Response extends { content: { 'application/json': infer Body } } ? Body : never
type Responses<Id extends OperationId> = operations[Id]['responses']

/** The body that an operation takes. */
export type Body<Id extends OperationId> = operations[Id] extends {
  requestBody: { content: { 'application/json': infer Given } }
}
  ? Given
  : undefined

/** An answer that the description knows: its status with the body of that status. Refusals are thrown. */
export type Reply<Id extends OperationId> = {
  [Status in keyof Responses<Id>]: Status extends number
    ? {
        readonly status: Status
        readonly headers?: Readonly<Record<string, string>>
        readonly body: JsonOf<Responses<Id>[Status]>
        /** for answers to recipients: filled up to a multiple of 4096 bytes, so that the size tells nothing */
        readonly padded?: true
      }
    : never
}[keyof Responses<Id>]

export interface Handling<Id extends OperationId> {
  readonly handle: (call: KnownCall, body: Body<Id>, ambiguousNumber: string | undefined) => Promise<Reply<Id>>
}

/** Operations by their id in the description, each with what it does. */
export type Handlings = { readonly [Id in OperationId]?: Handling<Id> }

/**
 * Routes of the plain face. Method, path, scope and the shape of the body stand in the description, who may call
 * stands in the table; the rest stands here.
 * `ambiguousNumber` is the JSON pointer of the first number that would not print back as it was written.
 */
export function toRoutes(contract: Contract, handlings: Handlings): readonly KnownRoute[] {
  return Object.entries(handlings).map(([id, handling]) => toRoute(contract, id, handling as AnyHandling))
}

/** Any of them; that each gets the body and gives the answers of its own id, the table above has seen to. */
interface AnyHandling {
  readonly handle: (call: KnownCall, body: unknown, ambiguousNumber: string | undefined) => Promise<AnyReply>
}
interface AnyReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object
  readonly padded?: true
}

function toRoute({ operations: known }: Contract, id: string, { handle }: AnyHandling): KnownRoute {
  const described = known.get(id)
  if (!described) throw new TypeError(`${id} is not described`)
  const { method, path, scope, isInSession, consumes, checkBody } = described
  const access = rowOf(`${method} ${path}`)
  const isAsDescribed = access === 'session' ? isInSession : access !== 'public' && access.scope === scope
  if (!isAsDescribed || access === 'public') throw new TypeError(`${id} is described with another scope`)
  return {
    method,
    path,
    dialect: 'plain',
    ...(consumes && { consumes }),
    access,
    handle: async call => {
      const text = checkBody && jsonText(call)
      checkBody?.(text?.value)
      const { padded, body, ...reply } = await handle(call, text?.value, text?.ambiguousNumber?.path)
      return { ...reply, body: padded ? pad(JSON.stringify(body)) : body }
    }
  }
}

/** The same for what is public: its handlers know no caller. */
export type OpenHandlings = {
  readonly [Id in OperationId]?: { readonly handle: (call: Call, body: Body<Id>) => Promise<Reply<Id>> }
}

export function toOpenRoutes({ operations: known }: Contract, handlings: OpenHandlings): readonly PublicRoute[] {
  return Object.entries(handlings).map(([id, handling]) => {
    const { handle } = handling as { handle: (call: Call, body: unknown) => Promise<AnyReply> }
    const described = known.get(id)
    if (!described) throw new TypeError(`${id} is not described`)
    const { method, path, checkBody } = described
    const access = rowOf(`${method} ${path}`)
    if (access !== 'public') throw new TypeError(`${id} is not public`)
    return {
      method,
      path,
      dialect: 'plain',
      access,
      handle: async call => {
        const text = checkBody && jsonText(call)
        checkBody?.(text?.value)
        return handle(call, text?.value)
      }
    }
  })
}
