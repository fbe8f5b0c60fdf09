import { Refusal } from '../../outcome/refusal.ts'
import { parseMediaType, preferredOf } from './media-type.ts'
import type { Dialect, Route } from './route.ts'

/** How a FHIR body is written; the other dialects have JSON alone. */
export type Format = 'json' | 'xml'

const fhirJson = ['application/fhir+json', 'application/json']
/** `application/xml` and `text/xml` mean FHIR XML too (FHIR R4 http.html section 3.1.0.1.11) */
const fhirXml = ['application/fhir+xml', 'application/xml', 'text/xml']

const consumed: Readonly<Record<Dialect, readonly string[]>> = {
  fhir: [...fhirJson, ...fhirXml],
  plain: ['application/json'],
  oauth: ['application/x-www-form-urlencoded']
}
const produced: Readonly<Record<Dialect, readonly string[]>> = {
  fhir: fhirJson,
  plain: ['application/json', 'application/problem+json'],
  oauth: ['application/json']
}

/**
 * @returns the format of the body; `json` where there is none
 * @throws Refusal `media-type` where a body comes in another type than the route takes
 */
export function bodyFormat(route: Route, headers: Readonly<Record<string, unknown>>): Format {
  const hasBody =
    headers['content-length'] !== undefined
      ? headers['content-length'] !== '0'
      : headers['transfer-encoding'] !== undefined
  if (route.method === 'GET' || !hasBody) return 'json'
  const type = parseMediaType(String(headers['content-type'] ?? ''))
  const charset = type?.parameters.get('charset')?.toLowerCase()
  const version = type?.parameters.get('fhirversion')
  const isTaken = type !== undefined && (route.consumes ?? consumed[route.dialect]).includes(type.essence)
  if (!isTaken || (charset ?? 'utf-8') !== 'utf-8' || (version ?? '4.0') !== '4.0') throw new Refusal('media-type')
  return fhirXml.includes(type.essence) ? 'xml' : 'json'
}

/**
 * The format of the answer. On FHIR routes `_format` goes before Accept; JSON where both are as welcome.
 * @throws Refusal `not-acceptable` where nothing that the route answers is accepted
 * @see FHIR R4 http.html section 3.1.0.1.11
 */
export function answerFormat(
  { dialect, produces = produced[dialect] }: Pick<Route, 'dialect' | 'produces'>,
  accept: string | undefined,
  query: URLSearchParams
): Format {
  const isFhir = dialect === 'fhir' && produces.some(type => fhirJson.includes(type))
  const asked = isFhir ? query.getAll('_format') : []
  const format = asked.length > 0 ? asked.map(namedFormat) : undefined
  const chosen = format
    ? format.length === 1 && format[0] !== undefined
      ? format[0]
      : undefined
    : preferredOf(accept, isFhir ? [...produces, ...fhirXml] : produces)
  if (chosen === undefined) throw new Refusal('not-acceptable')
  return chosen === 'xml' || (isFhir && fhirXml.includes(chosen)) ? 'xml' : 'json'
}

/** Short names and media types; `+` in an address is a space. */
function namedFormat(format: string): Format | undefined {
  const name = format.replace(' ', '+')
  if (name === 'json' || fhirJson.includes(name)) return 'json'
  return name === 'xml' || fhirXml.includes(name) ? 'xml' : undefined
}
