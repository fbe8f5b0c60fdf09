import type { Bundle } from '@medplum/fhirtypes'
import type { components } from '../../../../openapi/gateway.d.ts'
import { toPlain } from '../../../forms/plain.ts'
import { partsOfBundle } from '../../../journeys/delivery/parts-of-bundle.ts'
import { retrieve } from '../../../journeys/document/retrieve.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { toInstant } from '../../../standards/fhir-time.ts'
import type { KnownRoute } from '../route.ts'
import type { Contract } from './contract.ts'
import { toRoutes } from './to-routes.ts'

type Answers = components['schemas']['DocumentAnswers']

/** A document with plain answers (contract §10): what this reader gets as a Bundle, and nothing more. */
export function documentRoutes(parts: Parts, contract: Contract): readonly KnownRoute[] {
  return toRoutes(contract, {
    readDocument: {
      handle: async call => {
        const { visible, bytes } = await retrieve(parts, call, call.params.id!)
        const isRecipient = visible.as === 'recipient'
        const { id, kind, version, recordedAt } = isRecipient ? visible.view : visible.document
        const { response } = partsOfBundle(JSON.parse(Buffer.from(bytes).toString()) as Bundle)
        return {
          status: 200,
          headers: { vary: 'Authorization, Accept' },
          padded: true,
          body: {
            id,
            case: visible.snapshot.identifier,
            kind,
            version,
            assurance: isRecipient ? 'gateway' : 'original',
            // of the view form where it is a recipient's
            answers: toPlain(parts.forms.form(response.questionnaire!)!, response) as Answers,
            recordedAt: toInstant(recordedAt)
          }
        }
      }
    }
  })
}
