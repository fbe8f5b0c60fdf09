import type { Bundle, Composition, QuestionnaireResponse } from '@medplum/fhirtypes'
import type { Document } from '../../document/stages.ts'

/** The parts of a recorded document; it was validated when it came in, so they are there. */
export function partsOfBundle(bundle: Bundle): Pick<Document, 'bundle' | 'composition' | 'response'> {
  const resources = (bundle.entry ?? []).map(entry => entry.resource)
  return {
    bundle,
    composition: resources.find((resource): resource is Composition => resource?.resourceType === 'Composition')!,
    response: resources.find(
      (resource): resource is QuestionnaireResponse => resource?.resourceType === 'QuestionnaireResponse'
    )!
  }
}
