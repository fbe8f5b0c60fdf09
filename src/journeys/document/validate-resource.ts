import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import { extensionUrl } from '../../document/canonical.ts'
import { advise } from '../../forms/advice.ts'
import type { Form } from '../../forms/form.ts'
import { checkChoice } from '../../forms/rules/choice.ts'
import type { Issue } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { formOf } from '../../validate/document.ts'
import { issueOf } from '../../validate/findings.ts'
import { isMembers, listAt, type Members, objectAt, textAt } from '../../validate/members.ts'
import { expressionOf } from '../../validate/place.ts'
import { examine, type ValidationParts } from '../../validate/well-form.ts'
import type { Judge } from './ports.ts'
import { maxFormBytes, validationFindings as rules } from './validation-findings.ts'

/** The parts of validation, with the published forms as wholes. */
export type ValidateParts = Omit<ValidationParts, 'forms'> & {
  readonly forms: ReadonlyMap<string, Form>
  /** all resource types of R4, also those that `structure` does not know */
  readonly resourceTypes: ReadonlySet<string>
}

/** A resource as it was read: what its text says beyond the value, by JSON pointers from the resource. */
export interface Written {
  readonly value: unknown
  readonly numbers: ReadonlyMap<string, string>
}

export interface Validating {
  readonly resource: Written
  /** the resource type that it has to be; undefined: the one that it says itself */
  readonly type: string | undefined
  /** the form of a response: its canonical, or a Questionnaire; undefined: the one that the response names */
  readonly questionnaire: string | Members | undefined
  /** ValueSet and CodeSystem that forms lean on, Questionnaires that the response may name */
  readonly supporting: readonly Members[]
  /** also what the author had better reconsider before signing */
  readonly advise: boolean
}

/**
 * Says everything that is wrong with a resource: a document with its profile, identifiers and form, as at deposit; a
 * QuestionnaireResponse with its form; a Questionnaire with what makes it no form; of others the R4 structure. Nothing is
 * kept and nothing recorded.
 * @throws Refusal `resource-type` for what is no resource of R4, and for a form beside anything but a QuestionnaireResponse;
 *   `overloaded`, `shutting-down` of the judge
 */
export async function validateResource(
  asked: Validating,
  parts: ValidateParts & { readonly judge: Judge }
): Promise<readonly Issue[]> {
  const { value } = asked.resource
  const type = asked.type ?? textAt(value, 'resourceType') ?? ''
  if (!parts.structure.knows(type) && !parts.resourceTypes.has(type)) refuseType()
  if (asked.questionnaire !== undefined && type !== 'QuestionnaireResponse') refuseType()
  if (!parts.structure.knows(type)) {
    if (textAt(value, 'resourceType') !== type) refuseType()
    return [issueOf(rules.notChecked, type)]
  }
  if (type === 'Bundle' && isDocument(value)) return validateDocument(asked, parts)
  const structure = parts.structure.check(value, type)
  if (structure.length > 0) return structure
  if (type === 'Questionnaire') return judged(value as Members, asked, parts, undefined)
  return type === 'QuestionnaireResponse' ? validateResponse(asked, parts) : []
}

/** A document by its type, or by the profile that it claims. */
function isDocument(bundle: unknown): boolean {
  const claimed = listAt(objectAt(bundle, 'meta'), 'profile')
  return textAt(bundle, 'type') === 'document' || claimed.includes(extensionUrl('ryoritsu-document'))
}

function refuseType(): never {
  throw new Refusal('resource-type', { at: ['resourceType'] })
}

function validateDocument({ resource, ...asked }: Validating, parts: ValidateParts): readonly Issue[] {
  const bundle = resource.value as Members
  const { issues, profile } = examine(bundle, undefined, parts)
  const [number] = resource.numbers.keys()
  const all = number === undefined ? issues : [numberIssue(number), ...issues]
  const { kind, version, response } = profile
  if (!asked.advise || kind === undefined || version === undefined || response === undefined) return all
  const form = parts.forms.get(formOf(kind, version))
  const entry = listAt(bundle, 'entry')[response] as { readonly resource: QuestionnaireResponse }
  const root = `Bundle.entry[${response}].resource`
  return form ? [...all, ...advise(form, entry.resource, { root })] : all
}

const numberIssue = (pointer: string): Issue => issueOf(rules.ambiguousNumber, expressionOf('Bundle', pointer))

async function validateResponse(
  asked: Validating,
  parts: ValidateParts & { readonly judge: Judge }
): Promise<readonly Issue[]> {
  const response = asked.resource.value as QuestionnaireResponse
  const root = 'QuestionnaireResponse'
  const given = asked.questionnaire ?? response.questionnaire
  const form = isMembers(given) ? { brought: given } : formNamed(given, asked, parts)
  if (!form) return checkChoice(response, undefined, { root })
  const labels = response.meta?.security ?? []
  const redacted = labels.some(({ system, code }) => system === redactedLabel.system && code === redactedLabel.code)
  if ('brought' in form) return judged(form.brought, asked, parts, redacted)
  const { published } = form
  const { numbers } = asked.resource
  return [
    // a form that is handed in needs no name
    ...checkChoice({ questionnaire: published.canonical, ...response }, published, { root }),
    ...published.check(response, { root, numberText: pointer => numbers.get(pointer), redacted }),
    ...(asked.advise ? advise(published, response, { root }) : [])
  ]
}

const redactedLabel = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'REDACTED' }

/** A published form, or a Questionnaire inside the response (`#id`) or beside it. */
function formNamed(
  canonical: string | undefined,
  { resource, supporting }: Validating,
  { forms }: ValidateParts
): { readonly published: Form } | { readonly brought: Members } | undefined {
  if (canonical === undefined) return undefined
  const published = forms.get(canonical)
  if (published) return { published }
  const brought = canonical.startsWith('#')
    ? questionnairesIn(listAt(resource.value, 'contained')).find(({ id }) => id === canonical.slice(1))
    : questionnairesIn(supporting).find(({ url, version }) => canonical === url || canonical === `${url}|${version}`)
  return brought && { brought }
}

const questionnairesIn = (resources: readonly unknown[]): readonly Members[] =>
  resources.filter(isMembers).filter(each => each.resourceType === 'Questionnaire')

/**
 * By a Questionnaire that nobody has published. Too large a one is not looked at, and one that is no R4 judges nothing.
 * @param redacted whether the response is; undefined: the Questionnaire itself is judged
 */
async function judged(
  questionnaire: Members,
  { resource, supporting, advise }: Validating,
  { structure, judge }: ValidateParts & { readonly judge: Judge },
  redacted: boolean | undefined
): Promise<readonly Issue[]> {
  const text = JSON.stringify(questionnaire)
  if (Buffer.byteLength(text) > maxFormBytes) return [issueOf(rules.formBytes, 'Questionnaire')]
  const terms = supporting.filter(({ resourceType }) => resourceType === 'ValueSet' || resourceType === 'CodeSystem')
  const broken = [questionnaire, ...terms].flatMap(each => structure.check(each, each.resourceType as string))
  if (broken.length > 0) return broken
  const response = redacted === undefined ? undefined : { ...resource, redacted, advise }
  const verdict = await judge.judge({
    questionnaire: text,
    supporting: terms.map(each => JSON.stringify(each)),
    response
  })
  if ('issues' in verdict) return verdict.issues
  const rule = verdict.stopped === 'time' ? rules.formTime : rules.formMemory
  return [issueOf(rule, response ? 'QuestionnaireResponse.questionnaire' : 'Questionnaire')]
}
