import { Refusal } from '../../outcome/refusal.ts'
import { isAcceptable, parseMediaType } from './media-type.ts'
import type { Dialect, Route } from './route.ts'

const consumed: Readonly<Record<Dialect, readonly string[]>> = {
  fhir: ['application/fhir+json', 'application/json'],
  plain: ['application/json'],
  oauth: ['application/x-www-form-urlencoded']
}
const produced: Readonly<Record<Dialect, readonly string[]>> = {
  fhir: ['application/fhir+json', 'application/json'],
  plain: ['application/json', 'application/problem+json'],
  oauth: ['application/json']
}

/** @throws Refusal `media-type` where a body comes in another type than the route takes */
export function checkContentType(route: Route, headers: Readonly<Record<string, unknown>>): void {
  const hasBody =
    headers['content-length'] !== undefined
      ? headers['content-length'] !== '0'
      : headers['transfer-encoding'] !== undefined
  if (route.method === 'GET' || !hasBody) return
  const type = parseMediaType(String(headers['content-type'] ?? ''))
  const charset = type?.parameters.get('charset')?.toLowerCase()
  const version = type?.parameters.get('fhirversion')
  const isTaken = type !== undefined && (route.consumes ?? consumed[route.dialect]).includes(type.essence)
  if (!isTaken || (charset ?? 'utf-8') !== 'utf-8' || (version ?? '4.0') !== '4.0') throw new Refusal('media-type')
}

/** @throws Refusal `not-acceptable` where nothing that the route answers is accepted */
export function checkAccept(route: Route, accept: string | undefined): void {
  if (!isAcceptable(accept, route.produces ?? produced[route.dialect])) throw new Refusal('not-acceptable')
}
