import type { Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes'
import { compileForm } from '../../forms/compile.ts'
import type { Form } from '../../forms/form.ts'
import type { Issue } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { JsonError, type JsonText, readJson } from '../../standards/json.ts'
import { expressionOf } from '../../validate/place.ts'
import { examine, type ValidationParts } from '../../validate/well-form.ts'

/** As at deposit, with the default of `RYORITSU_MAX_DEPTH`. */
const maxDepth = 64

/** The parts of validation, with the forms as wholes. */
export type ValidateParts = ValidationParts & { readonly forms: ReadonlyMap<string, Form> }

/** The file handed in as Questionnaire is none, or none that can judge a response. */
export class NoForm extends Error {
  override readonly name = 'NoForm'
}

/**
 * Says everything that is wrong with a resource in a file: a document with its profile, identifiers and form, as at deposit; a
 * QuestionnaireResponse with the form handed in, else with the published one that it names; of others the R4 structure.
 * @param form takes nothing but a QuestionnaireResponse
 * @throws Refusal `invalid-json`, `duplicate-key`, `too-deep`, `ambiguous-number` (documents), `resource-type`
 */
export function validateFile(bytes: Uint8Array, parts: ValidateParts, form?: Form): readonly Issue[] {
  const json = read(bytes)
  const resource = json.value as Readonly<Record<string, unknown>> | null
  const type = resource?.resourceType
  const isKnown = typeof type === 'string' && parts.structure.knows(type)
  if (!isKnown || (form && type !== 'QuestionnaireResponse')) {
    throw new Refusal('resource-type', { at: ['resourceType'] })
  }
  if (type === 'Bundle') return validateDocument(resource!, json, parts)
  const structure = parts.structure.check(resource, type)
  if (type !== 'QuestionnaireResponse' || structure.length > 0) return structure
  return validateResponse(json, parts, form)
}

/** Makes a form of a file, so that it can judge a response. */
export function readForm(bytes: Uint8Array, { structure }: Pick<ValidateParts, 'structure'>): Form {
  try {
    const { value } = readJson(bytes, { maxDepth })
    const [issue] = structure.check(value, 'Questionnaire')
    if (issue) throw new NoForm(`no Questionnaire: ${issue.expression}: ${issue.text.en}`)
    return compileForm(value as Questionnaire)
  } catch (error) {
    // what compileForm finds wrong is what its author wants to read
    if (error instanceof JsonError || error instanceof TypeError) throw new NoForm(error.message)
    throw error
  }
}

function validateDocument(
  bundle: Readonly<Record<string, unknown>>,
  { ambiguousNumber }: JsonText,
  parts: ValidateParts
): readonly Issue[] {
  if (ambiguousNumber) {
    throw new Refusal('ambiguous-number', { at: [expressionOf('Bundle', ambiguousNumber.path)] })
  }
  return examine(bundle, undefined, parts).issues
}

const redacted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'REDACTED' }

function validateResponse({ value, numbers }: JsonText, { forms }: ValidateParts, given?: Form): readonly Issue[] {
  const response = value as QuestionnaireResponse
  const form = given ?? forms.get(response.questionnaire ?? '')
  if (!form) return [noForm]
  const labels = response.meta?.security ?? []
  return form.check(response, {
    root: 'QuestionnaireResponse',
    numberText: pointer => numbers.get(pointer),
    redacted: labels.some(({ system, code }) => system === redacted.system && code === redacted.code)
  })
}

const noForm: Issue = {
  severity: 'warning',
  code: 'not-found',
  rule: 'advise-no-form',
  expression: 'QuestionnaireResponse.questionnaire',
  text: {
    ja: 'この様式は公開されていないので、構造だけを調べました。',
    en: 'This form is none of the published ones, so that only the structure was checked.'
  },
  fix: { ja: '様式を --questionnaire で渡してください。', en: 'Hand the form in with --questionnaire.' }
}

function read(bytes: Uint8Array): JsonText {
  try {
    return readJson(bytes, { maxDepth })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    const { kind, line, column, path } = cause
    throw new Refusal(kind, { at: [`line ${line}, column ${column}`, ...(path ? [path] : [])], cause })
  }
}
