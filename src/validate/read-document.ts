import type { Bundle, Composition, QuestionnaireResponse } from '@medplum/fhirtypes'
import {
  caseSubjectSystem,
  caseSystem,
  corporateNumberSystem,
  medicalInstitutionSystem
} from '../document/canonical.ts'
import type { Identifier } from '../document/ids.ts'
import type { Document } from '../document/stages.ts'
import { identifierAt, identifierOf, listAt, type Members, objectAt, textAt } from './members.ts'
import type { Part, Parts } from './parts.ts'

/** The parts of a document that stations look at, read from a Bundle in which R4 and the profile found nothing wrong. */
export function readDocument(
  bundle: Members,
  parts: Parts,
  composition: Part,
  response: Part,
  patient: Part
): Document {
  const authors = listAt(composition.resource, 'author').flatMap(author => parts.at(textAt(author, 'reference')) ?? [])
  const replaced = listAt(composition.resource, 'relatesTo').find(relation => textAt(relation, 'code') === 'replaces')
  const organization = organizationOf(authors, parts) ?? parts.target(composition.resource, 'custodian')
  return {
    bundle: bundle as unknown as Bundle,
    composition: composition.resource as unknown as Composition,
    response: response.resource as unknown as QuestionnaireResponse,
    at: { composition: composition.index, response: response.index, patient: patient.index },
    identifier: identifierAt(bundle, 'identifier')!,
    case: casesOf(composition.resource)[0]!,
    subject: subjectsOf(patient.resource)[0]!,
    replaces: identifierAt(replaced, 'targetIdentifier'),
    authorOrganization: bestIdentifier(organization?.resource),
    authorName: nameOf(authors) ?? textAt(organization?.resource, 'name') ?? ''
  }
}

/** Values of the case identifiers in `event.detail` of a Composition. */
export function casesOf(composition: unknown): readonly string[] {
  const details = listAt(composition, 'event').flatMap(event => listAt(event, 'detail'))
  return valuesOf(
    details.map(detail => objectAt(detail, 'identifier')),
    caseSystem
  )
}

/** Values of the case subject identifiers of a Patient. */
export function subjectsOf(patient: unknown): readonly string[] {
  return valuesOf(listAt(patient, 'identifier'), caseSubjectSystem)
}

function valuesOf(identifiers: readonly unknown[], system: string): readonly string[] {
  return identifiers.flatMap(each => {
    const identifier = identifierOf(each)
    return identifier?.system === system ? [identifier.value] : []
  })
}

/** The organisation among the authors, or that of an author's role. */
function organizationOf(authors: readonly Part[], parts: Parts): Part | undefined {
  const direct = authors.find(({ type }) => type === 'Organization')
  if (direct) return direct
  const role = authors.find(({ type }) => type === 'PractitionerRole')
  return parts.target(role?.resource, 'organization')
}

/** The number under which an organisation is registered, else the first that it has. */
function bestIdentifier(organization: Members | undefined): Identifier | undefined {
  const identifiers = listAt(organization, 'identifier').flatMap(each => identifierOf(each) ?? [])
  const registered = [medicalInstitutionSystem, corporateNumberSystem]
  return identifiers.find(({ system }) => registered.includes(system)) ?? identifiers[0]
}

/** The name of the first Practitioner, as printed where it is. */
function nameOf(authors: readonly Part[]): string | undefined {
  const practitioner = authors.find(({ type }) => type === 'Practitioner')
  const [name] = listAt(practitioner?.resource, 'name')
  const parts = [textAt(name, 'family'), ...listAt(name, 'given')].filter(each => typeof each === 'string')
  return textAt(name, 'text') ?? (parts.join(' ') || undefined)
}
