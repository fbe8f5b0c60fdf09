import type { Questionnaire } from '@medplum/fhirtypes'
import { as, type CaseId } from '../../../document/ids.ts'
import { kindOf } from '../../../document/kinds.ts'
import { populateForm } from '../../../journeys/document/populate-form.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import { at, type Call, type KnownCall, type Route } from '../route.ts'
import { InParameters, outParameters } from './parameters.ts'
import { single } from './search-parameters.ts'

/** Forms (contract §8): public to read; to fill one from a case takes a member of that case. */
export function questionnaireRoutes(parts: Parts): readonly Route[] {
  const byId = new Map([...parts.questionnaires.values()].map(form => [form.id!, form]))
  return [
    {
      ...at('GET /fhir/Questionnaire'),
      dialect: 'fhir',
      capability: { resource: 'Questionnaire', interaction: 'search-type' },
      search: [
        { name: 'url', type: 'token' },
        { name: 'version', type: 'token' }
      ],
      handle: ({ query }: Call) => {
        const url = single(query, 'url')
        const version = single(query, 'version')
        const found = [...byId.values()].filter(
          form => (url === undefined || form.url === url) && (version === undefined || form.version === version)
        )
        const entry = found.map((resource: Questionnaire) => ({
          fullUrl: `${parts.baseUrl}/fhir/Questionnaire/${resource.id}`,
          resource,
          search: { mode: 'match' }
        }))
        return {
          status: 200,
          body: { resourceType: 'Bundle', type: 'searchset', total: found.length, ...(entry.length > 0 && { entry }) }
        }
      }
    },
    {
      ...at('GET /fhir/Questionnaire/:id'),
      dialect: 'fhir',
      capability: { resource: 'Questionnaire', interaction: 'read' },
      handle: ({ params }: Call) => {
        const form = byId.get(params.id!)
        if (!form) throw new Refusal('not-found')
        return { status: 200, body: form }
      }
    },
    {
      ...at('POST /fhir/Questionnaire/:id/$populate'),
      dialect: 'fhir',
      capability: { resource: 'Questionnaire', operation: 'populate' },
      handle: async (call: KnownCall) => {
        const id = as<CaseId>(new InParameters(call).reference('case', 'EpisodeOfCare'))
        const form = byId.get(call.params.id!)
        const kind = form && kindOf(form.url!.split('/').at(-1)!)
        if (!form || !kind) throw new Refusal('not-found')
        const response = await populateForm(parts, call, kind, form.version!, id)
        return { status: 200, body: outParameters({ name: 'response', resource: response }) }
      }
    }
  ]
}
