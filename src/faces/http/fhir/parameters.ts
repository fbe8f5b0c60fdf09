import type { Parameters, ParametersParameter } from '@medplum/fhirtypes'
import { Refusal } from '../../../outcome/refusal.ts'
import { isDate } from '../../../standards/fhir-time.ts'
import { jsonText } from '../json-body.ts'
import type { Call } from '../route.ts'

const maxTextLength = 1000
const maxInstantLength = 40

/** The input of an operation, asked for by name; what is missing or of another type is refused by that name. */
export class InParameters {
  readonly #parameters: readonly Record<string, unknown>[]
  /** JSON pointer of the first number that does not print as it was written */
  readonly #ambiguousAt: string | undefined

  /**
   * @param depth of the body, where another than usual
   * @throws Refusal `resource-type` where the body is no Parameters
   */
  constructor(call: Call, depth?: number) {
    const text = call.body.byteLength === 0 ? undefined : jsonText(call, depth)
    const body = text === undefined ? { resourceType: 'Parameters' } : text.value
    this.#ambiguousAt = text?.ambiguousNumber?.path
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

  has(name: string): boolean {
    return this.#parameters.some(parameter => parameter.name === name)
  }

  /** @param most characters */
  longText(name: string, most: number): string {
    const value = this.#value(name, 'valueString')
    return typeof value === 'string' && value !== '' && value.length <= most ? value : refuse(name)
  }

  /** As it was written; whether it is an instant, somebody else says. */
  instant(name: string): string {
    const value = this.#value(name, 'valueInstant')
    return typeof value === 'string' && value !== '' && value.length <= maxInstantLength ? value : refuse(name)
  }

  /** A parameter that may be repeated, still in base64. */
  binaries(name: string): readonly string[] {
    return this.#parameters
      .filter(parameter => parameter.name === name)
      .map(({ valueBase64Binary: value }) => (typeof value === 'string' ? value : refuse(name)))
  }

  /**
   * A resource that will be signed or is: it stands for its text only if all its numbers print as they were written.
   * `ambiguousAt`: JSON pointer, from the resource, of one that does not.
   */
  document(name: string): { readonly value: object; readonly ambiguousAt: string | undefined } {
    const value = this.#value(name, 'resource')
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(name)
    const within = /^\/parameter\/\d+\/resource(?=\/)/u
    const at = this.#ambiguousAt
    if (at !== undefined && !within.test(at)) throw new Refusal('ambiguous-number', { at: ['Parameters'] })
    return { value, ambiguousAt: at?.replace(within, '') }
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
