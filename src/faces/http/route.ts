import type { Caller } from '../../document/caller.ts'
import type { Instant, RequestId } from '../../document/ids.ts'
import type { Presented } from '../../document/presented.ts'
import { type Open, type RouteName, type Row, rowOf, type whoMayCall } from '../../journeys/access/who-may-call.ts'

/** One request in plain values: no framework beyond `server*.ts`. */
export interface Call {
  readonly request: RequestId
  /** method and path, without the query */
  readonly target: string
  readonly at: Instant
  /** of the caller, or of the proxy that does not say whom it speaks for */
  readonly address: string
  /** what may tell who calls, for those who look at it themselves */
  readonly presented: Presented
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** names in lower case */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** exactly as sent; empty without one */
  readonly body: Uint8Array
}

export interface KnownCall extends Call {
  readonly caller: Caller
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** bytes and text go out as they are, an object as JSON */
  readonly body?: Uint8Array | string | object
  /** media type; default by the dialect of the route */
  readonly type?: string
}

/** `fhir` answers OperationOutcome when it refuses, `plain` a problem detail (RFC 9457), `oauth` RFC 6749 errors. */
export type Dialect = 'fhir' | 'plain' | 'oauth'

/** What a route does for the CapabilityStatement: an interaction with a resource type, or an operation. */
export type Capability =
  | { readonly resource: string; readonly interaction: 'read' | 'create' | 'update' | 'search-type' }
  | { readonly resource: string; readonly operation: string }

interface Common {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  /** path pattern of find-my-way, e.g. `/fhir/Consent/:id` */
  readonly path: string
  readonly dialect: Dialect
  readonly capability?: Capability
  /** query parameters of a search, for the CapabilityStatement */
  readonly search?: readonly { readonly name: string; readonly type: 'token' | 'date' | 'reference' }[]
  /** media types of its answers, for `Accept`; default: JSON of the dialect */
  readonly produces?: readonly string[]
  /** media types of the body it takes, where it takes one */
  readonly consumes?: readonly string[]
  /** no answer is kept for an `Idempotency-Key`: a repeat is answered anew */
  readonly keepsNothing?: true
}

export interface PublicRoute extends Common {
  readonly access: 'public'
  readonly handle: (call: Call) => Promise<Answer> | Answer
}

export interface KnownRoute extends Common {
  /** by a token, or in the session of a browser */
  readonly access: Row | 'session'
  readonly handle: (call: KnownCall) => Promise<Answer> | Answer
}

export type Route = PublicRoute | KnownRoute

type AccessOf<Name extends RouteName> = (typeof whoMayCall)[Name] extends Open ? (typeof whoMayCall)[Name] : Row

/** Method, path and access of a route: the table of who may call what is the only place where they stand. */
export function at<Name extends RouteName>(name: Name): Pick<Route, 'method' | 'path'> & { access: AccessOf<Name> } {
  const [method, path] = name.split(' ') as [Route['method'], string]
  return { method, path, access: rowOf(name) as AccessOf<Name> }
}
