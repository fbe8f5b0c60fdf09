import type { DocumentReference } from '@medplum/fhirtypes'
import type { Recorded, Repeated } from '../../../document/stages.ts'
import { depositedReference } from '../../../journeys/document/deposited-reference.ts'
import type { Parts } from '../../../journeys/parts.ts'

/** What a deposit is answered with, whichever way the document came (contract §6.2). */
export async function depositedAnswer(
  parts: Parts,
  recorded: Recorded | Repeated
): Promise<{
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: DocumentReference
}> {
  const { id, isNew } = recorded
  return {
    status: isNew ? 201 : 200,
    headers: {
      location: `${parts.baseUrl}/fhir/Bundle/${id}`,
      link: `<${parts.baseUrl}/fhir/DocumentReference/${id}>; rel="describedby"`
    },
    body: await depositedReference(parts, recorded)
  }
}
