import { bundleIdentifierSystem, canonicalBase, codeSystem, documentIdSystem } from '../document/canonical.ts'
import type { Kind } from '../document/kind.ts'
import type { Side } from '../document/role.ts'
import type { Document } from '../document/stages.ts'
import type { Issue } from '../outcome/issue.ts'
import { documentRules } from './document-rules.ts'
import { issueOf, type Rule } from './findings.ts'
import { codingsOf, identifierAt, listAt, type Members, objectAt, textAt } from './members.ts'
import { maxEntries, type Part, type Parts, partsOf } from './parts.ts'
import { Place, walk } from './place.ts'
import { casesOf, readDocument, subjectsOf } from './read-document.ts'
import { checkReferences } from './references.ts'
import { attachments } from './survey.ts'

export type Kinds = Readonly<Record<string, Kind>>

/** What the profile says of a Bundle, whatever it holds. */
export interface ProfileResult {
  readonly issues: readonly Issue[]
  readonly kind: Kind | undefined
  /** version of the form, where it is one of the kind */
  readonly version: string | undefined
  /** index of the entry with the QuestionnaireResponse, where there is one */
  readonly response: number | undefined
  /** @returns the parts that stations look at; only to be called where neither R4 nor the profile found an error */
  document(): Document
}

const documentKindSystem = codeSystem('document-kind')
const sectionSystem = 'http://jpfhir.jp/fhir/clins/CodeSystem/document-section'
const personTypes: readonly unknown[] = ['Practitioner', 'PractitionerRole', 'Organization']
const entryTypes: readonly unknown[] = ['Composition', 'QuestionnaireResponse', 'Patient', ...personTypes]
const uuidUrl = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Our document profile as code (contract §6.1), on top of what R4 asks of every document (`structure.ts`).
 * @param side decides which system the document identifier has; undefined takes either
 */
export function checkDocument(bundle: Members, kinds: Kinds, side: Side | undefined): ProfileResult {
  const parts = partsOf(bundle)
  const [composition] = parts.ofType('Composition')
  const [response] = parts.ofType('QuestionnaireResponse')
  const [patient] = parts.ofType('Patient')
  const kind = kindOf(composition?.resource, kinds)
  const version = kind && versionOf(response?.resource, kind)
  const issues = [
    ...checkEnvelope(bundle, side),
    ...checkEntries(parts),
    ...(composition ? checkComposition(composition, parts, kind) : []),
    ...(response ? checkResponse(response, parts, kind, version) : []),
    ...(patient ? checkPatient(patient) : []),
    ...checkReferences(bundle, parts)
  ]
  const document = () => readDocument(bundle, parts, composition!, response!, patient!)
  return { issues, kind, version, response: response?.index, document }
}

/** The rule at the place, unless it holds. */
const unless = (holds: boolean, rule: Rule, place: string): readonly Issue[] => (holds ? [] : [issueOf(rule, place)])

const systemsOf = (side: Side | undefined): readonly unknown[] =>
  side === undefined
    ? [bundleIdentifierSystem, documentIdSystem]
    : [side === 'hospital' ? bundleIdentifierSystem : documentIdSystem]

function checkEnvelope(bundle: Members, side: Side | undefined): readonly Issue[] {
  const identifier = identifierAt(bundle, 'identifier')
  const isShort = listAt(bundle, 'entry').length <= maxEntries
  return [
    ...unless(bundle.type === 'document', documentRules.bundleType, 'Bundle.type'),
    ...unless(systemsOf(side).includes(identifier?.system), documentRules.identifierSystem, 'Bundle.identifier'),
    ...unless(isShort, documentRules.entries, 'Bundle.entry')
  ]
}

function checkEntries(parts: Parts): readonly Issue[] {
  const ids = new Set<string>()
  return [
    ...parts.all.flatMap(part => checkEntry(part, ids)),
    ...checkOne(parts, 'Composition', documentRules.oneComposition),
    ...checkOne(parts, 'QuestionnaireResponse', documentRules.oneResponse),
    ...checkOne(parts, 'Patient', documentRules.onePatient),
    ...unless(parts.ofType('Organization').length > 0, documentRules.organization, 'Bundle.entry')
  ]
}

function checkEntry(part: Part, ids: Set<string>): readonly Issue[] {
  const { place, fullUrl, resource, type } = part
  const id = textAt(resource, 'id')
  const key = `${type}/${id}`
  const isNew = id === undefined || !ids.has(key)
  ids.add(key)
  return [
    ...unless(fullUrl !== undefined && uuidUrl.test(fullUrl), documentRules.fullUrl, `${place}.fullUrl`),
    ...unless(entryTypes.includes(type), documentRules.entryType, `${place}.resource`),
    ...unless(isNew, documentRules.idClash, `${place}.resource.id`),
    ...checkAttachments(part)
  ]
}

/** The answers of the response are the business of the form; nowhere else does a document carry files. */
function checkAttachments({ resource, type, place: entry, survey }: Part): readonly Issue[] {
  const root = `${entry}.resource`
  if (type === 'QuestionnaireResponse') {
    return unless(!Object.hasOwn(resource!, 'contained'), documentRules.attachment, `${root}.contained`)
  }
  if (!survey.hasAttachment) return []
  const issues: Issue[] = []
  const place = new Place(root)
  walk(resource, place, object => {
    for (const name of attachments) {
      if (Object.hasOwn(object, name)) issues.push(issueOf(documentRules.attachment, place.expression(name)))
    }
  })
  return issues
}

function checkOne(parts: Parts, type: string, rule: Rule): readonly Issue[] {
  const found = parts.ofType(type)
  if (found.length === 0) return [issueOf(rule, 'Bundle.entry')]
  return found.slice(1).map(({ place }) => issueOf(rule, place))
}

function kindOf(composition: Members | undefined, kinds: Kinds): Kind | undefined {
  const codings = codingsOf(objectAt(composition, 'type')).filter(({ system }) => system === documentKindSystem)
  const code = codings.length === 1 ? textAt(codings[0], 'code') : undefined
  return code !== undefined && Object.hasOwn(kinds, code) ? kinds[code] : undefined
}

function checkComposition({ resource, place }: Part, parts: Parts, kind: Kind | undefined): readonly Issue[] {
  const root = `${place}.resource`
  const authors = listAt(resource, 'author').map(author => parts.at(textAt(author, 'reference'))?.type)
  return [
    ...unless(textAt(resource, 'status') === 'final', documentRules.status, `${root}.status`),
    ...unless(kind !== undefined, documentRules.kind, `${root}.type`),
    ...unless(parts.target(resource, 'subject')?.type === 'Patient', documentRules.subject, `${root}.subject`),
    ...unless(
      authors.includes('Practitioner') || authors.includes('Organization'),
      documentRules.author,
      `${root}.author`
    ),
    ...unless(
      parts.target(resource, 'custodian')?.type === 'Organization',
      documentRules.custodian,
      `${root}.custodian`
    ),
    ...unless(casesOf(resource).length === 1, documentRules.case, `${root}.event`),
    ...checkSections(resource, parts, root),
    ...checkRelations(resource, root)
  ]
}

function checkSections(composition: Members | undefined, parts: Parts, root: string): readonly Issue[] {
  const isOfResponse = (section: unknown) => typesOf(section, parts).includes('QuestionnaireResponse')
  const sections = listAt(composition, 'section')
  const issues = sections.flatMap((section, i) => {
    const types = typesOf(section, parts)
    const isRight = isOfResponse(section) ? types.length === 1 : isAddress(section, types)
    return unless(isRight && listAt(section, 'section').length === 0, documentRules.section, `${root}.section[${i}]`)
  })
  return [...issues, ...unless(sections.filter(isOfResponse).length === 1, documentRules.section, `${root}.section`)]
}

/** Types of the entries to which a section refers; undefined for one that cannot be found. */
const typesOf = (section: unknown, parts: Parts): readonly unknown[] =>
  listAt(section, 'entry').map(entry => parts.at(textAt(entry, 'reference'))?.type)

/** 910 送付先 and 920 送付元 hold who sends and who receives (standards §8.2). */
function isAddress(section: unknown, types: readonly unknown[]): boolean {
  const codings = codingsOf(objectAt(section, 'code'))
  const hasCode = codings.some(({ system, code }) => system === sectionSystem && (code === '910' || code === '920'))
  return hasCode && types.every(type => personTypes.includes(type))
}

function checkRelations(composition: Members | undefined, root: string): readonly Issue[] {
  const relations = listAt(composition, 'relatesTo')
  const isRight = (relation: unknown) => {
    const code = textAt(relation, 'code')
    return (code === 'replaces' || code === 'appends') && identifierAt(relation, 'targetIdentifier') !== undefined
  }
  const replacing = relations.filter(relation => textAt(relation, 'code') === 'replaces')
  return [
    ...relations.flatMap((each, i) => unless(isRight(each), documentRules.relatesTo, `${root}.relatesTo[${i}]`)),
    ...unless(replacing.length <= 1, documentRules.relatesTo, `${root}.relatesTo`)
  ]
}

/** The canonical of a form with its version: `url|version`. */
export const formOf = ({ code }: Kind, version: string): string => `${canonicalBase}/Questionnaire/${code}|${version}`

function versionOf(response: Members | undefined, kind: Kind): string | undefined {
  const canonical = textAt(response, 'questionnaire')
  return kind.versions.find(version => canonical === formOf(kind, version))
}

function checkResponse(
  { resource, place }: Part,
  parts: Parts,
  kind: Kind | undefined,
  version: string | undefined
): readonly Issue[] {
  const root = `${place}.resource`
  const status = textAt(resource, 'status')
  const isOfPatient = !Object.hasOwn(resource!, 'subject') || parts.target(resource, 'subject')?.type === 'Patient'
  return [
    ...unless(status === 'completed' || status === 'amended', documentRules.status, `${root}.status`),
    // Without a kind there is nothing that the form could be a version of.
    ...unless(kind === undefined || version !== undefined, documentRules.formVersion, `${root}.questionnaire`),
    ...unless(isOfPatient, documentRules.subject, `${root}.subject`),
    ...unless(isByAuthor(resource, parts), documentRules.responseAuthor, `${root}.author`)
  ]
}

/** Who answered is an author of the document, or the person or house in whose role one is. */
function isByAuthor(response: Members | undefined, parts: Parts): boolean {
  const author = parts.target(response, 'author')
  if (!author) return true
  const authors = listAt(parts.ofType('Composition')[0]?.resource, 'author').flatMap(
    each => parts.at(textAt(each, 'reference')) ?? []
  )
  return authors.some(
    part =>
      part === author || ['practitioner', 'organization'].some(name => parts.target(part.resource, name) === author)
  )
}

function checkPatient({ resource, place }: Part): readonly Issue[] {
  const subjects = subjectsOf(resource)
  return unless(subjects.length === 1, documentRules.caseSubject, `${place}.resource.identifier`)
}
