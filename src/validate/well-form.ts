import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import type { Side } from '../document/role.ts'
import type { Received, WellFormed } from '../document/stages.ts'
import type { RefusalKey } from '../outcome/catalogue.ts'
import type { Issue } from '../outcome/issue.ts'
import { Refusal } from '../outcome/refusal.ts'
import { checkDocument, formOf, type Kinds, type ProfileResult } from './document.ts'
import { maxIssues } from './findings.ts'
import { checkIdentifiers } from './identifiers.ts'
import { isMembers, type Members } from './members.ts'
import { expressionOf } from './place.ts'
import type { FormChecks } from './ports.ts'
import type { StructureCheck } from './structure.ts'

export interface ValidationParts {
  readonly structure: StructureCheck
  readonly forms: FormChecks
  readonly kinds: Kinds
}

/**
 * Lets a document through that is FHIR R4, fits our profile and its form, and whose identifiers can be right. All that
 * is wrong is said at once; the key of the refusal is that of the gravest error.
 * @throws Refusal `resource-type`, `ambiguous-number`, `document-kind-unknown`, `form-version-unknown`,
 *   `profile-invalid`, `reference-unresolved`, `identifier-check-digit`, `my-number`, `form-invalid`
 * @see contract §4, §6.1
 */
export function wellForm(received: Received, parts: ValidationParts): WellFormed {
  const { value, ambiguousNumber, caller } = received
  if (!isMembers(value) || value.resourceType !== 'Bundle') throw new Refusal('resource-type', { at: ['Bundle'] })
  if (ambiguousNumber) throw new Refusal('ambiguous-number', { at: [expressionOf('Bundle', ambiguousNumber.path)] })
  const { issues, key, profile } = examine(value, caller.side, parts)
  if (key) throw new Refusal(key, { issues })
  return { ...received, document: profile.document(), kind: profile.kind!, version: profile.version! }
}

/** What is said of a document, the gravest first, at most 100 issues. */
export interface Examination {
  readonly issues: readonly Issue[]
  /** why it is refused; undefined where there is no error */
  readonly key: RefusalKey | undefined
  readonly profile: ProfileResult
}

/**
 * Examines a Bundle and refuses nothing: what `$validate` says.
 * @param side of the author; undefined takes the identifiers of any side
 */
export function examine(bundle: Members, side: Side | undefined, parts: ValidationParts): Examination {
  const structure = parts.structure.check(bundle, 'Bundle')
  const profile = checkDocument(bundle, parts.kinds, side)
  const form = checkForm(bundle, structure, profile, parts.forms)
  const found = [...structure, ...profile.issues, ...checkIdentifiers(bundle), ...form].map(weigh)
  found.sort((one, other) => one.weight - other.weight)
  const [gravest] = found
  return { issues: found.slice(0, maxIssues).map(({ issue }) => issue), key: gravest && keys[gravest.weight], profile }
}

/** A form judges answers that are R4 and nothing else, so it is asked only where the response is. */
function checkForm(
  bundle: Members,
  structure: readonly Issue[],
  { kind, version, response }: ProfileResult,
  forms: FormChecks
): readonly Issue[] {
  if (kind === undefined || version === undefined || response === undefined) return []
  const root = `Bundle.entry[${response}].resource`
  // A full list may hide what else is wrong.
  if (structure.length >= maxIssues || structure.some(({ expression }) => expression.startsWith(root))) return []
  const form = forms.get(formOf(kind, version))
  if (!form) throw new TypeError(`no compiled form ${formOf(kind, version)}`)
  const entry = (bundle.entry as readonly Members[])[response]!
  return form.check(entry.resource as unknown as QuestionnaireResponse, { root })
}

/** The keys of refusals, the gravest first; behind the last one stand findings that refuse nothing. */
const keys = [
  'document-kind-unknown',
  'form-version-unknown',
  'profile-invalid',
  'reference-unresolved',
  'identifier-check-digit',
  'my-number',
  'form-invalid'
] as const satisfies readonly RefusalKey[]

const keyOfRule: ReadonlyMap<string, (typeof keys)[number]> = new Map([
  ['profile-kind', 'document-kind-unknown'],
  ['profile-form-version', 'form-version-unknown'],
  ['profile-reference', 'reference-unresolved'],
  ['id-format', 'identifier-check-digit'],
  ['id-check-digit', 'identifier-check-digit'],
  ['id-my-number', 'my-number']
])

function weigh(issue: Issue): { readonly issue: Issue; readonly weight: number } {
  if (issue.severity !== 'error') return { issue, weight: keys.length }
  const isOfForm = issue.rule.startsWith('qr-') || issue.rule.startsWith('que-')
  const key = keyOfRule.get(issue.rule) ?? (isOfForm ? 'form-invalid' : 'profile-invalid')
  return { issue, weight: keys.indexOf(key) }
}
