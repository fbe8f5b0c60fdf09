import { Ajv2020, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { operations } from '../../../../openapi/gateway.d.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import { isDate } from '../../../standards/fhir-time.ts'
import type { Route } from '../route.ts'

export type OperationId = keyof operations

/** One operation as `openapi/gateway.yaml` fixes it. */
export interface ContractOperation {
  readonly id: string
  readonly summary: string
  readonly description: string | undefined
  readonly tag: string
  readonly method: Route['method']
  /** as in the description: `/api/v1/cases/{id}` */
  readonly template: string
  /** as routes write it: `/api/v1/cases/:id` */
  readonly path: string
  /** undefined: public, or in a session */
  readonly scope: string | undefined
  readonly isInSession: boolean
  /** media types of a body that is not JSON */
  readonly consumes: readonly string[] | undefined
  /** undefined: takes no JSON */
  readonly checkBody: ((body: unknown) => void) | undefined
}

/** The description of the plain face, made ready once: what each operation takes and asks for. */
export interface Contract {
  /** as it is served */
  readonly document: OpenApi
  readonly operations: ReadonlyMap<string, ContractOperation>
}

/** The parts of an OpenAPI 3.1 description that are read here. */
export interface OpenApi {
  readonly info: { readonly title: string; readonly summary: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description?: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, AnySchemaObject>>
    readonly requestBodies: Readonly<Record<string, RequestBody>>
  }
}

interface RequestBody {
  readonly content?: Readonly<Record<string, { readonly schema: AnySchemaObject }>>
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly [string]
  readonly security: readonly { readonly smart?: readonly string[]; readonly session?: readonly [] }[]
  readonly requestBody?: RequestBody | { readonly $ref: string }
}

const methods = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH' } as const

/**
 * Reads the description, and compiles the schemas of its bodies: strictly, without coercion, defaults or removals.
 * @throws Error where a schema does not compile
 */
export function readContract(given: unknown): Contract {
  const document = given as OpenApi
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false })
  // words of OpenAPI that say nothing about a value
  ajv.addVocabulary(['example', 'components'])
  ajv.addFormat('date', { type: 'string', validate: (text: string) => text.length === 10 && isDate(text) })
  ajv.addFormat('date-time', true)
  ajv.addFormat('uri', true)
  const found = Object.entries(document.paths).flatMap(([template, item]) =>
    Object.entries(methods).flatMap(([name, method]) => {
      const operation = item[name] as Operation | undefined
      return operation ? [toOperation(ajv, document, operation, { template, method })] : []
    })
  )
  return { document, operations: new Map(found.map(operation => [operation.id, operation])) }
}

function toOperation(
  ajv: Ajv2020,
  { components }: OpenApi,
  { operationId, summary, description, tags, security, requestBody }: Operation,
  { template, method }: Pick<ContractOperation, 'template' | 'method'>
): ContractOperation {
  const { content } = requestBody && '$ref' in requestBody ? bodyAt(components, requestBody.$ref) : (requestBody ?? {})
  const schema = content?.['application/json']?.schema
  return {
    id: operationId,
    summary,
    description,
    tag: tags[0],
    method,
    template,
    path: template.replaceAll(/\{(\w+)\}/gu, ':$1'),
    scope: security[0]?.smart?.[0],
    isInSession: security[0]?.session !== undefined,
    consumes: content && !schema ? Object.keys(content) : undefined,
    // references go to `#/components/schemas/…`, which have to be in reach
    checkBody: schema && checkOf(ajv.compile({ ...schema, components: { schemas: withoutForms(components.schemas) } }))
  }
}

/**
 * What a form says of its answers is for the form to judge, by its own rules and for a draft that may still lack some; here they
 * are an object. Schemas of forms are those that name their dialect.
 */
const withoutForms = (schemas: Readonly<Record<string, AnySchemaObject>>): Readonly<Record<string, AnySchemaObject>> =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, '$schema' in schema ? { type: 'object' } : schema])
  )

function bodyAt({ requestBodies }: OpenApi['components'], reference: string): RequestBody {
  const body = requestBodies[reference.replace('#/components/requestBodies/', '')]
  if (!body) throw new TypeError(`${reference} is not described`)
  return body
}

const mostPlaces = 100

/** @returns a check that throws Refusal `parameter-invalid` with the JSON pointer of each fault, a missing member's too */
const checkOf =
  (validate: ValidateFunction) =>
  (body: unknown): void => {
    if (validate(body)) return
    const places = new Set(validate.errors!.map(placeOf))
    throw new Refusal('parameter-invalid', { at: [...places].slice(0, mostPlaces) })
  }

function placeOf({ instancePath, keyword, params }: ErrorObject): string {
  if (keyword === 'required') return `${instancePath}/${params.missingProperty}`
  if (keyword !== 'additionalProperties') return instancePath
  // what a client made up could be content; it is not repeated
  const name = String(params.additionalProperty)
  return `${instancePath}/${/^[\w.@#$-]{1,64}$/u.test(name) ? name : '*'}`
}
