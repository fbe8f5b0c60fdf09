import type { Parts } from '../../../journeys/parts.ts'
import { readStamp } from '../../../journeys/time/read-stamp.ts'
import { at, type KnownRoute } from '../route.ts'

const timestampReply = 'application/timestamp-reply'

/** What lies beside a document and is no FHIR (contract §6.4): the time-stamp over its signature, as its authority sent it. */
export function binaryRoutes(parts: Parts): readonly KnownRoute[] {
  return [
    {
      ...at('GET /fhir/Binary/:id'),
      dialect: 'fhir',
      produces: [timestampReply, 'application/fhir+json'],
      capability: { resource: 'Binary', interaction: 'read' },
      handle: async call => {
        const { reply } = await readStamp(parts, call, call.params.id!)
        if (!/application\/(fhir\+)?json/u.test(call.headers.accept ?? ''))
          return { status: 200, type: timestampReply, body: reply }
        const data = Buffer.from(reply).toString('base64')
        return { status: 200, body: { resourceType: 'Binary', contentType: timestampReply, data } }
      }
    }
  ]
}
