import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import type { Caller } from '../../document/caller.ts'
import type { Kind, ViewName } from '../../document/kind.ts'
import { kinds } from '../../document/kinds.ts'
import { compileExtraction, type Extracted, type Extraction } from '../../forms/extract.ts'
import { loadEngines } from '../../forms/load-engines.ts'
import { formCanonical } from '../../forms/registry.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import type { StructureCheck } from '../../validate/structure.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'

export type ExtractParts = Pick<Parts, 'baseUrl' | 'gateway' | 'forms' | 'questionnaires' | 'randomId'> & {
  readonly validation: { readonly structure: StructureCheck }
}

/** A response as it was sent: parsed, and the text of its numbers by JSON pointer from the response. */
export interface SentResponse {
  readonly value: unknown
  readonly numberText: (pointer: string) => string | undefined
}

/** Extracts one response; nothing is kept of it. */
export type ExtractResponse = (asked: Asked, sent: SentResponse) => Promise<Extracted>

/**
 * Makes the extraction of responses to published forms. FHIRPath is loaded, and the rules of a form are compiled, when the
 * first response to it comes; both are kept. A caller gets data only out of what its role may write or read.
 * @throws Refusal (each call) `resource-type`, `form-version-unknown`, `role-not-allowed`, `form-invalid`, and
 *   `parameter-invalid` for a response that is not finished
 * @see HL7 SDC 4.0.0, QuestionnaireResponse/$extract; contract §8
 */
export function extractResponses(parts: ExtractParts): ExtractResponse {
  const places = placesOfForms()
  const compiled = new Map<string, Promise<Extraction>>()
  const extractionOf = (canonical: string): Promise<Extraction> => {
    const known = compiled.get(canonical)
    if (known) return known
    const fresh = loadEngines().then(engines => compileExtraction(parts.questionnaires.get(canonical)!, engines))
    compiled.set(canonical, fresh)
    return fresh
  }
  return async (asked, sent) => {
    const canonical = canonicalOf(sent.value)
    const place = places.get(canonical)
    if (!place || !parts.forms.form(canonical)) {
      throw new Refusal('form-version-unknown', { at: ['QuestionnaireResponse.questionnaire'] })
    }
    if (!mayUse(place, asked.caller)) throw new Refusal('role-not-allowed')
    const response = judged(parts, canonical, sent)
    const extraction = await extractionOf(canonical)
    const by = { display: parts.gateway.name, identifier: { system: 'urn:ietf:rfc:3986', value: parts.baseUrl } }
    return extraction.extract(response, { allocateId: parts.randomId, now: toInstant(asked.at), by })
  }
}

interface FormPlace {
  readonly kind: Kind
  readonly view: ViewName
}

/** The least that can be seen first. */
const viewNames = ['supervisor', 'processed', 'full'] as const satisfies readonly ViewName[]

function placesOfForms(): ReadonlyMap<string, FormPlace> {
  return new Map(
    Object.values(kinds).flatMap(kind =>
      kind.versions.flatMap(version =>
        viewNames.map(view => [formCanonical(kind.code, version, view), { kind, view }] as const)
      )
    )
  )
}

/** Who deposits the kind, or may be shown at least as much as this form holds. */
function mayUse({ kind, view }: FormPlace, { clientRole, role }: Caller): boolean {
  const most = kind.views[role]
  return (
    kind.depositedBy.includes(clientRole) || (most !== undefined && viewNames.indexOf(view) <= viewNames.indexOf(most))
  )
}

function canonicalOf(value: unknown): string {
  const { resourceType, questionnaire } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (resourceType !== 'QuestionnaireResponse') throw new Refusal('resource-type', { at: ['QuestionnaireResponse'] })
  return typeof questionnaire === 'string' ? questionnaire : ''
}

const redacted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'REDACTED' }

/** Only what is finished and right can be extracted: anything else would become data that nobody meant. */
function judged(parts: ExtractParts, canonical: string, { value, numberText }: SentResponse): QuestionnaireResponse {
  const structure = parts.validation.structure.check(value, 'QuestionnaireResponse')
  if (structure.length > 0) throw new Refusal('form-invalid', { issues: structure })
  const response = value as QuestionnaireResponse
  if (response.status !== 'completed' && response.status !== 'amended') {
    throw new Refusal('parameter-invalid', { at: ['QuestionnaireResponse.status'] })
  }
  const issues = parts.forms.form(canonical)!.check(response, {
    root: 'QuestionnaireResponse',
    numberText,
    redacted: (response.meta?.security ?? []).some(
      ({ system, code }) => system === redacted.system && code === redacted.code
    )
  })
  if (issues.some(({ severity }) => severity === 'error')) throw new Refusal('form-invalid', { issues })
  return response
}
