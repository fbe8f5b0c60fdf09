import type { Parameters, ParametersParameter } from '@medplum/fhirtypes'
import { Refusal } from '../../../outcome/refusal.ts'
import { isDate } from '../../../standards/fhir-time.ts'
import { jsonBody } from '../json-body.ts'
import type { Call } from '../route.ts'

const maxTextLength = 1000

/** The input of an operation, asked for by name; what is missing or of another type is refused by that name. */
export class InParameters {
  readonly #parameters: readonly Record<string, unknown>[]

  /** @throws Refusal `resource-type` where the body is no Parameters */
  constructor(call: Call) {
    const body = call.body.byteLength === 0 ? { resourceType: 'Parameters' } : jsonBody(call)
    const { resourceType, parameter } = (body ?? {}) as { resourceType?: unknown; parameter?: unknown }
    if (resourceType !== 'Parameters') throw new Refusal('resource-type', { at: ['Parameters'] })
    const list = Array.isArray(parameter) ? parameter : []
    this.#parameters = list.filter(each => typeof each === 'object' && each !== null)
  }

  text(name: string): string {
    return this.optionalText(name) ?? refuse(name)
  }

  optionalText(name: string): string | undefined {
    const value = this.#value(name, 'valueString') ?? this.#value(name, 'valueCode')
    if (value === undefined) return undefined
    if (typeof value !== 'string' || value === '' || value.length > maxTextLength) return refuse(name)
    return value
  }

  code<Code extends string>(name: string, codes: readonly Code[]): Code {
    const value = this.#value(name, 'valueCode') ?? this.#value(name, 'valueString')
    return codes.find(code => code === value) ?? refuse(name)
  }

  date(name: string): string {
    const value = this.#value(name, 'valueDate')
    return typeof value === 'string' && value.length === 10 && isDate(value) ? value : refuse(name)
  }

  identifier(name: string): { system: string; value: string } {
    const { system, value } = (this.#value(name, 'valueIdentifier') ?? {}) as { system?: unknown; value?: unknown }
    if (typeof system !== 'string' || typeof value !== 'string' || value === '' || value.length > maxTextLength)
      return refuse(name)
    return { system, value }
  }

  reference(name: string, type: string): string {
    const { reference } = (this.#value(name, 'valueReference') ?? {}) as { reference?: unknown }
    const match =
      typeof reference === 'string' ? new RegExp(`(?:^|/)${type}/([A-Za-z0-9.-]{1,64})$`, 'u').exec(reference) : null
    return match?.[1] ?? refuse(name)
  }

  #value(name: string, member: string): unknown {
    const found = this.#parameters.filter(parameter => parameter.name === name)
    if (found.length > 1) return refuse(name)
    return found[0]?.[member]
  }
}

function refuse(name: string): never {
  throw new Refusal('parameter-invalid', { at: [`Parameters.parameter.where(name='${name}')`] })
}

/** The output of an operation. */
export function outParameters(...parameter: readonly (ParametersParameter | undefined)[]): Parameters {
  return { resourceType: 'Parameters', parameter: parameter.filter(each => each !== undefined) }
}
