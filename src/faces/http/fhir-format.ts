import { codeSystem } from '../../document/canonical.ts'
import { pad } from '../../journeys/document/pad-answer.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { XmlError } from '../../standards/fhir-xml/xml-error.ts'
import type { FhirXml } from '../../standards/fhir-xml.ts'
import type { Format } from './media.ts'
import type { Answer, Call } from './route.ts'

const maxDepth = 64
const step = 4096

/**
 * A call as routes read it: they know JSON alone.
 * @throws Refusal as `jsonOfXml`
 */
export function withJsonBody(
  xml: FhirXml,
  call: Call,
  formats: { readonly body: Format; readonly answer: Format }
): Call {
  const isNamed = formats.answer === 'xml' || call.query.has('_format')
  return {
    ...call,
    ...(isNamed && { headers: { ...call.headers, accept: 'application/fhir+json' } }),
    ...(formats.body === 'xml' && call.body.byteLength > 0 && { body: jsonOfXml(xml, call.body) })
  }
}

/**
 * A body in XML as JSON. Signed documents come as JSON alone, also within another resource: their signature is over JSON.
 * @returns UTF-8
 * @throws Refusal `invalid-xml`, `too-deep`, `resource-type`; `media-type` for a signed document
 */
function jsonOfXml(xml: FhirXml, body: Uint8Array): Uint8Array {
  const json = readXml(xml, body)
  if (json.includes('"signature"') && holdsSignedDocument(JSON.parse(json))) throw new Refusal('media-type')
  return Buffer.from(json)
}

/** @param value no deeper than what `readXml` lets through */
function holdsSignedDocument(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { resourceType, type, signature } = value as Record<string, unknown>
  if (resourceType === 'Bundle' && type === 'document' && signature !== undefined) return true
  return Object.values(value).some(holdsSignedDocument)
}

function readXml(xml: FhirXml, body: Uint8Array): string {
  try {
    return xml.toJson(body, { maxDepth })
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause
    const { kind, line, column } = cause
    const key = kind === 'unknown-type' ? 'resource-type' : kind === 'too-deep' ? 'too-deep' : 'invalid-xml'
    throw new Refusal(key, { at: [`line ${line}, column ${column}`], cause })
  }
}

/**
 * An answer in XML, if it is FHIR. What is padded as JSON is padded as XML. A document becomes a rendition: its tag says so,
 * and the signature, which is over the JSON, is not in it.
 * @throws Refusal `not-acceptable` where XML cannot hold it
 */
export function inXml(xml: FhirXml, answer: Answer): Answer {
  const { body, type } = answer
  if (body === undefined || type !== undefined) return answer
  const json =
    body instanceof Uint8Array ? Buffer.from(body).toString() : typeof body === 'string' ? body : JSON.stringify(body)
  try {
    const written = xml.toXml(rendition(json))
    const isPadded = Buffer.byteLength(json) % step === 0
    return { ...answer, type: 'application/fhir+xml; charset=utf-8', body: isPadded ? pad(written) : written }
  } catch (cause) {
    if (cause instanceof XmlError) throw new Refusal('not-acceptable', { cause })
    throw cause
  }
}

interface Bundle {
  readonly resourceType?: unknown
  readonly type?: unknown
  readonly meta?: { readonly tag?: readonly object[] }
}

const label = {
  system: codeSystem('rendition'),
  code: 'unsigned-xml',
  display: '署名のない XML の写し(原本は JSON)'
}

/** Numbers of documents are canonical, so that they print as they were read. */
function rendition(json: string): string {
  if (!json.includes('"document"')) return json
  const bundle = JSON.parse(json) as Bundle
  if (bundle.resourceType !== 'Bundle' || bundle.type !== 'document') return json
  const { meta } = bundle
  return JSON.stringify({ ...bundle, meta: { ...meta, tag: [...(meta?.tag ?? []), label] }, signature: undefined })
}
