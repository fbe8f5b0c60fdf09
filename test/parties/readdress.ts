import type { Bundle, Composition, Identifier, Patient, Resource } from '@medplum/fhirtypes'
import { caseSubjectSystem, caseSystem } from '../../src/document/canonical.ts'
import type { Known } from './story.ts'

export interface Address {
  readonly known: Pick<Known, 'identifier' | 'subject'>
  /** the new value of Bundle.identifier; its system stays */
  readonly identifier: string
  /** FHIR instant of writing */
  readonly at: string
}

/**
 * A document from an author's own records, made ready for a case as it runs: which case, which number for the worker,
 * which number and time of the document. Nothing that was written is touched, and the signature falls away, since it
 * was over other bytes.
 */
export function readdress(stored: Bundle, to: Address): Bundle {
  const { signature: _, ...bundle } = stored
  return {
    ...bundle,
    timestamp: to.at,
    identifier: { ...bundle.identifier, value: to.identifier },
    entry: (bundle.entry ?? []).map(entry => ({ ...entry, resource: readdressed(entry.resource!, to) }))
  }
}

function readdressed(resource: Resource, to: Address): Resource {
  switch (resource.resourceType) {
    case 'Composition':
      return composition(resource, to)
    case 'QuestionnaireResponse':
      return { ...resource, authored: to.at }
    case 'Patient':
      return { ...resource, identifier: renumbered(resource, to) }
    default:
      return resource
  }
}

function composition(written: Composition, to: Address): Composition {
  return {
    ...written,
    date: to.at,
    identifier: { ...written.identifier, value: to.identifier },
    attester: (written.attester ?? []).map(attester => ({ ...attester, time: to.at })),
    event: (written.event ?? []).map(event => ({
      ...event,
      period: { ...event.period, start: to.at },
      detail: (event.detail ?? []).map(detail =>
        detail.identifier?.system === caseSystem
          ? { ...detail, identifier: { ...detail.identifier, value: to.known.identifier } }
          : detail
      )
    }))
  }
}

function renumbered({ identifier = [] }: Patient, to: Address): Identifier[] {
  return identifier.map(each => (each.system === caseSubjectSystem ? { ...each, value: to.known.subject } : each))
}
