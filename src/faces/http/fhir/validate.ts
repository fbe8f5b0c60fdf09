import type { Judge } from '../../../journeys/document/ports.ts'
import {
  type ValidateParts,
  type Validating,
  validateResource,
  type Written
} from '../../../journeys/document/validate-resource.ts'
import { languageOf } from '../../../outcome/language.ts'
import { outcomeOfIssues } from '../../../outcome/operation-outcome.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import { jsonText } from '../json-body.ts'
import { at, type Call, type KnownCall, type KnownRoute } from '../route.ts'
import { single } from './search-parameters.ts'

/**
 * `$validate` (contract §8): one route for each type with a definition, so that the CapabilityStatement lists it, and one
 * for all other types.
 */
export function validateRoutes(validation: ValidateParts, judge: Judge): readonly KnownRoute[] {
  const parts = { ...validation, judge }
  const any = at('POST /fhir/:type/$validate')
  const handle = async (call: KnownCall, type: string) => {
    const issues = await validateResource(askedBy(call, type), parts)
    return { status: 200, body: outcomeOfIssues(issues, languageOf(call.headers['accept-language'])) }
  }
  const known = [...validation.resourceTypes].filter(type => validation.structure.knows(type))
  return [
    ...known.map(
      (type): KnownRoute => ({
        ...any,
        path: `/fhir/${type}/$validate`,
        dialect: 'fhir',
        capability: { resource: type, operation: 'validate' },
        handle: call => handle(call, type)
      })
    ),
    {
      ...any,
      dialect: 'fhir',
      handle: call => {
        // what cannot be read at all is said before what is not there (contract §1)
        jsonText(call)
        if (!validation.resourceTypes.has(call.params.type!)) throw new Refusal('not-found')
        return handle(call, call.params.type!)
      }
    }
  ]
}

type Members = Readonly<Record<string, unknown>>

/** @throws Refusal as `jsonText`; `parameter-invalid` for parameters that there are not, or that are of another form */
function askedBy(call: Call, type: string): Validating {
  const { value, numbers } = jsonText(call)
  const inQuery = { questionnaire: single(call.query, 'questionnaire'), mode: single(call.query, 'mode') }
  const list = parametersOf(value)
  if (!list) {
    const { questionnaire, mode } = inQuery
    return { resource: { value, numbers }, type, questionnaire, supporting: [], advise: isAdvise(mode, 'mode') }
  }
  const named = (name: string) => list.flatMap((each, at) => (each.name === name ? [{ each, at }] : []))
  const one = (name: string) => {
    const [found, more] = named(name)
    return more ? refuse(placeOf(name)) : found
  }
  const strange = list.findIndex(({ name }) => !names.has(name as string))
  if (strange >= 0) refuse(`Parameters.parameter[${strange}].name`)
  const { each, at } = one('resource')!
  const resource: Written = { value: each.resource, numbers: below(numbers, `/parameter/${at}/resource`) }
  const mode = one('mode')?.each
  return {
    resource,
    type,
    questionnaire: questionnaireOf(one('questionnaire')?.each) ?? inQuery.questionnaire,
    supporting: named('supporting').map(({ each: { resource: given } }) =>
      isMembers(given) ? given : refuse(placeOf('supporting'))
    ),
    advise: isAdvise(mode ? (mode.valueCode ?? mode.valueString) : inQuery.mode, placeOf('mode'))
  }
}

const names: ReadonlySet<string> = new Set(['resource', 'questionnaire', 'supporting', 'mode'])

/** The parameters around a resource; undefined where the body is the resource itself, which may be a Parameters too. */
function parametersOf(body: unknown): readonly Members[] | undefined {
  if (!isMembers(body) || body.resourceType !== 'Parameters' || !Array.isArray(body.parameter)) return undefined
  const list = body.parameter.map(each => (isMembers(each) ? each : {}))
  return list.some(({ name, resource }) => name === 'resource' && resource !== undefined) ? list : undefined
}

function questionnaireOf(parameter: Members | undefined): string | Members | undefined {
  if (!parameter) return undefined
  const { resource, valueCanonical, valueUri, valueString } = parameter
  if (isMembers(resource) && resource.resourceType === 'Questionnaire') return resource
  const canonical = valueCanonical ?? valueUri ?? valueString
  return typeof canonical === 'string' && canonical !== '' ? canonical : refuse(placeOf('questionnaire'))
}

function isAdvise(mode: unknown, place: string): boolean {
  return mode !== undefined && (mode === 'advise' || refuse(place))
}

/** What is known of numbers below a JSON pointer, by pointers from there. */
function below(numbers: ReadonlyMap<string, string>, pointer: string): ReadonlyMap<string, string> {
  const inside = [...numbers].filter(([at]) => at.startsWith(`${pointer}/`))
  return new Map(inside.map(([at, text]) => [at.slice(pointer.length), text]))
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const placeOf = (name: string): string => `Parameters.parameter.where(name='${name}')`

function refuse(at: string): never {
  throw new Refusal('parameter-invalid', { at: [at] })
}
