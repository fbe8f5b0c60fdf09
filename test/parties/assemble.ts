import { createHash } from 'node:crypto'
import type {
  Address,
  Bundle,
  BundleEntry,
  Composition,
  CompositionSection,
  HumanName,
  Narrative,
  Organization,
  Patient,
  Practitioner,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  Reference,
  Resource
} from '@medplum/fhirtypes'
import { caseSubjectSystem, caseSystem, codeSystem, extensionUrl } from '../../src/document/canonical.ts'
import type { Identifier } from '../../src/document/ids.ts'
import type { KindCode } from '../../src/document/kind.ts'
import type { Form } from '../../src/forms/form.ts'
import { fromPlain, type PlainAnswers } from '../../src/forms/plain.ts'

/** What a partner's own records say about people and houses. */
export interface Person {
  readonly name: string
  readonly kana: string
}

export interface Worker extends Person {
  /** ISO 8601 */
  readonly birthDate: string
  readonly gender: 'male' | 'female'
  readonly address: PostalAddress
  readonly phone: string
}

export interface Doctor extends Person {
  /** 医籍登録番号 */
  readonly registration: string
  /** 診療科 */
  readonly department: string
}

export interface Institution {
  readonly identifier: Identifier
  readonly name: string
  readonly address: PostalAddress
  readonly phone: string
}

export interface PostalAddress {
  readonly postalCode: string
  /** 都道府県 */
  readonly state: string
  /** 市区町村 */
  readonly city: string
  /** the whole address as it is written on an envelope */
  readonly text: string
}

export interface Content {
  readonly form: Form
  readonly kind: KindCode
  readonly answers: PlainAnswers
  readonly author: Person | Doctor
  readonly organization: Institution
  readonly worker: Worker
  /** value in `{c}/IdSystem/case` */
  readonly caseIdentifier: string
  /** value in `{c}/IdSystem/case-subject`: the author's number for the worker */
  readonly caseSubject: string
  /** further numbers of the author for the worker, such as 施設患者番号 */
  readonly localIdentifiers?: readonly Identifier[]
  /** Bundle.identifier; the ids of all entries follow from it */
  readonly identifier: Identifier
  /** FHIR instant: time of writing, and of signing where both happen in one go */
  readonly at: string
  /** Bundle.identifier of the document that this one corrects */
  readonly replaces?: Identifier
  /** whether the answers are also written out for readers, as some systems do */
  readonly hasNarrative?: boolean
}

/**
 * Puts a document together as a hospital's or an employer's system would: a FHIR R4 document Bundle, not yet signed.
 * Equal content gives equal bytes.
 * @throws TypeError naming what cannot be read in the answers; whether they satisfy the form is for the gateway to say
 * @see JP-CLINS 1.5 (eReferral) for the skeleton
 */
export function assembleDocument(content: Content): Bundle {
  const { author, organization, at } = content
  const department = isDoctor(author) ? [entry(content, 'department', departmentOf(content, author))] : []
  return {
    resourceType: 'Bundle',
    meta: { profile: [extensionUrl('ryoritsu-document')] },
    type: 'document',
    timestamp: at,
    identifier: { ...content.identifier },
    entry: [
      entry(content, 'composition', compositionOf(content)),
      entry(content, 'response', responseOf(content)),
      entry(content, 'patient', patientOf(content)),
      entry(content, 'author', practitionerOf(author)),
      entry(content, 'organization', organizationOf(organization)),
      ...department
    ]
  }
}

type Part = 'composition' | 'response' | 'patient' | 'author' | 'organization' | 'department'

/** Looks random and is not: the same document gets the same ids each time it is put together. */
function urn({ identifier }: Content, part: Part): string {
  return `urn:uuid:${uuidFrom(`${identifier.system}|${identifier.value}#${part}`)}`
}

/** A UUID (version 8, RFC 9562 section 5.8) that follows from a name. */
export function uuidFrom(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const entry = (content: Content, part: Part, resource: Resource): BundleEntry => ({
  fullUrl: urn(content, part),
  resource
})

const reference = (content: Content, part: Part): Reference<never> => ({ reference: urn(content, part) })

const isDoctor = (author: Person | Doctor): author is Doctor => 'registration' in author

function compositionOf(content: Content): Composition {
  const { form, kind, at, author, replaces } = content
  return {
    resourceType: 'Composition',
    extension: [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber',
        valueString: '1.0'
      }
    ],
    identifier: {
      system: 'http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier',
      value: content.identifier.value
    },
    status: 'final',
    type: { coding: [{ system: codeSystem('document-kind'), code: kind }] },
    subject: reference(content, 'patient'),
    date: at,
    author: [reference(content, 'author'), reference(content, 'organization')],
    title: form.title,
    attester: [{ mode: 'legal', time: at, party: reference(content, 'author') }],
    custodian: reference(content, 'organization'),
    ...(replaces && { relatesTo: [{ code: 'replaces', targetIdentifier: { ...replaces } }] }),
    event: [
      {
        code: [{ text: isDoctor(author) ? '主治医意見書発行' : `${form.title}発行` }],
        period: { start: at },
        detail: [{ identifier: { system: caseSystem, value: content.caseIdentifier } } as Reference<never>]
      }
    ],
    section: [
      {
        title: form.title,
        ...(content.hasNarrative && { text: narrativeOf(content) }),
        entry: [reference(content, 'response')]
      },
      ...(isDoctor(author) ? [senderOf(content)] : [])
    ]
  }
}

/** JP-CLINS section 920: where the document comes from, down to the department, as hospitals' systems write it. */
function senderOf(content: Content): CompositionSection {
  return {
    title: '送付元',
    code: { coding: [{ system: 'http://jpfhir.jp/fhir/clins/CodeSystem/document-section', code: '920' }] },
    entry: [reference(content, 'author'), reference(content, 'organization'), reference(content, 'department')]
  }
}

function responseOf(content: Content): QuestionnaireResponse {
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: content.form.canonical,
    status: 'completed',
    subject: reference(content, 'patient'),
    authored: content.at,
    author: reference(content, 'author'),
    item: itemsOf(content)
  }
}

function itemsOf({ form, answers }: Content): QuestionnaireResponseItem[] {
  const { items, issues } = fromPlain(form, answers)
  if (issues.length > 0)
    throw new TypeError(issues.map(({ path, rule }) => `${form.canonical} ${path}: ${rule}`).join('\n'))
  return items
}

/** The questions that were answered in words, with their answers. */
function narrativeOf(content: Content): Narrative {
  const lines = itemsOf(content).flatMap(({ text = '', answer = [] }) =>
    answer.flatMap(({ valueString }) =>
      valueString === undefined ? [] : [`<p>${escaped(`${text}: ${valueString}`)}</p>`]
    )
  )
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${lines.join('')}</div>` }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function patientOf({ worker, caseSubject, localIdentifiers = [] }: Content): Patient {
  return {
    resourceType: 'Patient',
    identifier: [{ system: caseSubjectSystem, value: caseSubject }, ...localIdentifiers.map(each => ({ ...each }))],
    name: namesOf(worker),
    telecom: [{ system: 'phone', value: worker.phone }],
    gender: worker.gender,
    birthDate: worker.birthDate,
    address: [addressOf(worker.address)]
  }
}

function practitionerOf(author: Person | Doctor): Practitioner {
  const name = namesOf(author)
  if (!isDoctor(author)) return { resourceType: 'Practitioner', name }
  const registration = { system: medicalRegistrationSystem, value: author.registration }
  return {
    resourceType: 'Practitioner',
    name,
    qualification: [{ identifier: [registration], code: { text: '医師' } }]
  }
}

/** 医籍登録番号 (JP Core) */
export const medicalRegistrationSystem = 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/medicalRegistrationNumber'

function organizationOf({ identifier, name, phone, address }: Institution): Organization {
  return {
    resourceType: 'Organization',
    identifier: [{ ...identifier }],
    name,
    telecom: [{ system: 'phone', value: phone }],
    address: [addressOf(address)]
  }
}

function departmentOf(content: Content, { department }: Doctor): Organization {
  return { resourceType: 'Organization', name: department, partOf: reference(content, 'organization') }
}

/** Kanji and kana as two names, told apart as JP Core does. */
function namesOf({ name, kana }: Person): HumanName[] {
  return [nameOf(name, 'IDE'), nameOf(kana, 'SYL')]
}

function nameOf(text: string, representation: 'IDE' | 'SYL'): HumanName {
  const [family, given] = text.split(' ')
  return {
    extension: [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation',
        valueCode: representation
      }
    ],
    use: 'official',
    text,
    ...(family && { family }),
    ...(given && { given: [given] })
  }
}

function addressOf({ postalCode, state, city, text }: PostalAddress): Address {
  return { text, city, state, postalCode, country: 'JP' }
}
