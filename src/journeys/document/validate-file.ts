import type { Issue } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { XmlError } from '../../standards/fhir-xml/xml-error.ts'
import type { FhirXml } from '../../standards/fhir-xml.ts'
import { JsonError, type JsonText, readJson } from '../../standards/json.ts'
import type { Judge } from './ports.ts'
import { type ValidateParts, validateResource } from './validate-resource.ts'

/** As at deposit, with the default of `RYORITSU_MAX_DEPTH`. */
const maxDepth = 64

export type ValidateFileParts = ValidateParts & { readonly judge: Judge; readonly xml: FhirXml }

export interface ValidatingFile {
  readonly file: Uint8Array
  readonly questionnaire?: Uint8Array | undefined
  readonly supporting?: readonly Uint8Array[]
  readonly advise?: boolean | undefined
}

/** A file handed in beside the one to validate is not what it should be. */
export class NotUsable extends Error {
  override readonly name = 'NotUsable'
}

/**
 * Says everything that is wrong with a resource in a file, JSON or XML, as `$validate` does.
 * @throws NotUsable for a form, or a resource beside it, that is none
 * @throws Refusal `invalid-json`, `duplicate-key`, `too-deep`, `invalid-xml`, and as `validateResource`
 */
export async function validateFile(asked: ValidatingFile, parts: ValidateFileParts): Promise<readonly Issue[]> {
  const { questionnaire, supporting = [], advise = false } = asked
  const given = questionnaire && beside(questionnaire, parts)
  if (given && given.resourceType !== 'Questionnaire') throw new NotUsable('no Questionnaire')
  return validateResource(
    {
      resource: read(asked.file, parts),
      type: undefined,
      questionnaire: given,
      supporting: supporting.map(each => beside(each, parts)),
      advise
    },
    parts
  )
}

function beside(bytes: Uint8Array, parts: ValidateFileParts): Readonly<Record<string, unknown>> {
  try {
    const { value } = read(bytes, parts)
    if (typeof value === 'object' && value !== null && 'resourceType' in value) return { ...value }
  } catch (error) {
    if (error instanceof Refusal) throw new NotUsable([error.entry.en, ...error.at].join(' '))
    throw error
  }
  throw new NotUsable('no resource')
}

function read(bytes: Uint8Array, { xml }: ValidateFileParts): JsonText {
  try {
    return readJson(isXml(bytes) ? Buffer.from(xml.toJson(bytes, { maxDepth })) : bytes, { maxDepth })
  } catch (cause) {
    if (cause instanceof JsonError) {
      const { kind, line, column, path } = cause
      throw new Refusal(kind, { at: [`line ${line}, column ${column}`, ...(path ? [path] : [])], cause })
    }
    if (!(cause instanceof XmlError)) throw cause
    const { kind, line, column } = cause
    const key = kind === 'unknown-type' ? 'resource-type' : kind === 'too-deep' ? kind : 'invalid-xml'
    throw new Refusal(key, { at: [`line ${line}, column ${column}`], cause })
  }
}

/** No JSON begins with `<`. */
const isXml = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 100)).toString('latin1').trimStart()[0] === '<'
