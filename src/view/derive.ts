import type {
  Bundle,
  BundleEntry,
  Composition,
  HumanName,
  Organization,
  Patient,
  Practitioner,
  Questionnaire,
  QuestionnaireResponse,
  Reference
} from '@medplum/fhirtypes'
import { caseSubjectSystem, caseSystem, codeSystem } from '../document/canonical.ts'
import type { Identifier, Instant } from '../document/ids.ts'
import type { Kind } from '../document/kind.ts'
import type { Document } from '../document/stages.ts'
import type { UnitPlace } from '../document/unit.ts'
import { toInstant } from '../standards/fhir-time.ts'
import { narrow, type ShownUnit, type Withheld } from './narrow.ts'

export interface ViewQuestion {
  readonly original: Pick<Document, 'bundle' | 'composition' | 'response' | 'case'>
  readonly kind: Kind
  /** the form itself or one of its view forms, whichever the recipient's role may see at most */
  readonly viewForm: Questionnaire
  readonly released: readonly UnitPlace[]
  readonly withheld: readonly Withheld[]
  /** value in `{c}/IdSystem/case-subject`: the recipient's own number for the worker */
  readonly recipient: { readonly caseSubject: string }
  /** the author's organisation as the gateway registered it; how the document words it may name a department */
  readonly author: { readonly name: string; readonly identifier: Identifier }
  /** a fresh random UUID each time */
  readonly random: () => string
  readonly at: Instant
  readonly gatewayIdentifier: Identifier
}

/**
 * Builds the derived document of one recipient (contract §6.5), unsigned: a new document on the view form. It is put
 * together from the released answers and from values handed in; of the original itself go over only the day of
 * creation, the names of its authors, its status and its case. Nothing is computed over the original.
 */
export function deriveView(question: ViewQuestion): Bundle {
  const { original, kind, viewForm, random, at } = question
  const { items, shown, isMasked } = narrow(original.response, viewForm, question.released, question.withheld)
  const urn = () => `urn:uuid:${random()}`
  const identifier = { system: 'urn:ietf:rfc:3986', value: urn() }
  const response: QuestionnaireResponse = {
    resourceType: 'QuestionnaireResponse',
    ...(isMasked ? { meta: { security: [redacted] } } : {}),
    questionnaire: `${viewForm.url}|${viewForm.version}`,
    status: original.response.status === 'amended' ? 'amended' : 'completed',
    ...(items.length > 0 ? { item: [...items] } : {})
  }
  const urls = { composition: urn(), response: urn(), patient: urn(), organization: urn() }
  const practitioners = authorsOf(original).map(resource => ({ fullUrl: urn(), resource }))
  const organization: Reference<Organization> = { reference: urls.organization }
  const composition: Composition = {
    resourceType: 'Composition',
    status: 'final',
    type: { coding: [{ system: codeSystem('document-kind'), code: kind.code, display: kind.title.ja }] },
    subject: { reference: urls.patient },
    date: original.composition.date?.slice(0, 'YYYY-MM-DD'.length),
    author: [...practitioners.map(({ fullUrl }) => ({ reference: fullUrl })), organization],
    title: kind.title.ja,
    attester: [{ mode: 'official', time: toInstant(at), party: { identifier: { ...question.gatewayIdentifier } } }],
    custodian: organization,
    // No link to the original: its identifier would let a guess at what is withheld be checked.
    relatesTo: [{ code: 'transforms', targetIdentifier: { system: 'urn:ietf:rfc:3986', value: urn() } }],
    event: [
      {
        code: [{ text: `${kind.title.ja}発行` }],
        detail: [{ identifier: { system: caseSystem, value: original.case } }]
      }
    ],
    section: [{ title: kind.title.ja, entry: [{ reference: urls.response }] }]
  }
  const entry: BundleEntry[] = [
    { fullUrl: urls.composition, resource: composition },
    { fullUrl: urls.response, resource: { ...response, subject: { reference: urls.patient } } },
    { fullUrl: urls.patient, resource: patientOf(shown, question.recipient.caseSubject) },
    ...practitioners,
    {
      fullUrl: urls.organization,
      resource: {
        resourceType: 'Organization',
        identifier: [{ ...question.author.identifier }],
        name: question.author.name
      }
    }
  ]
  return { resourceType: 'Bundle', identifier, type: 'document', timestamp: toInstant(at), entry }
}

const redacted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'REDACTED' }

/** Name and birth date as the released answers give them, so that they are there exactly if those are. */
function patientOf(shown: readonly ShownUnit[], caseSubject: string): Patient {
  const identity = (ending: string) =>
    shown.find(each => each.class === 'identity' && each.linkId.endsWith(ending))?.answers[0]
  const name = identity('.name')?.valueString
  const birthDate = identity('.birthDate')?.valueDate
  return {
    resourceType: 'Patient',
    identifier: [{ system: caseSubjectSystem, value: caseSubject }],
    ...(name === undefined ? {} : { name: [{ text: name }] }),
    ...(birthDate === undefined ? {} : { birthDate })
  }
}

/** The people who wrote it, by name only: qualification, specialty, roles and identifiers stay behind. */
function authorsOf({ bundle, composition }: ViewQuestion['original']): readonly Practitioner[] {
  const find = ({ reference }: Reference) =>
    bundle.entry?.find(({ fullUrl }) => fullUrl !== undefined && fullUrl === reference)?.resource
  return (composition.author ?? []).flatMap(reference => {
    const author = find(reference)
    const person = author?.resourceType === 'PractitionerRole' ? find(author.practitioner ?? {}) : author
    if (person?.resourceType !== 'Practitioner') return []
    const name = (person.name ?? []).flatMap(bareName)
    return name.length > 0 ? [{ resourceType: 'Practitioner', name }] : []
  })
}

const representation = 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation'

/** Without titles: a suffix like 腫瘍内科医 or `MD, Oncology` tells the disease. Whether it is kanji or kana stays. */
function bareName({ family, given, text, extension = [] }: HumanName): readonly HumanName[] {
  const kept = extension.filter(({ url }) => url === representation).map(({ url, valueCode }) => ({ url, valueCode }))
  const name = family === undefined ? { text } : { family, given }
  if (family === undefined && text === undefined) return []
  return [(kept.length > 0 ? { extension: kept, ...name } : name) as HumanName]
}
