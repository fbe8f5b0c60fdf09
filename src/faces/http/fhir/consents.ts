import type { Consent } from '@medplum/fhirtypes'
import { caseSubjectSystem, extensionUrl } from '../../../document/canonical.ts'
import { as, type ConsentId } from '../../../document/ids.ts'
import { grantConsent } from '../../../journeys/consent/grant-consent.ts'
import { readConsent, searchConsents } from '../../../journeys/consent/read-consents.ts'
import { withdrawConsent } from '../../../journeys/consent/withdraw-consent.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import { jsonBody } from '../json-body.ts'
import { at, type KnownRoute } from '../route.ts'
import { single, tokenOf } from './search-parameters.ts'
import { searchset } from './searchset.ts'

const statuses = ['active', 'inactive'] as const

/** Routes of consents (contract §7, ITI-108). */
export function consentRoutes(parts: Parts): readonly KnownRoute[] {
  const versioned = (resource: Consent, version: number): Consent => ({
    ...resource,
    meta: { ...resource.meta, versionId: String(version) }
  })
  return [
    {
      ...at('POST /fhir/Consent'),
      dialect: 'fhir',
      capability: { resource: 'Consent', interaction: 'create' },
      handle: async call => {
        const { id, resource, version } = await grantConsent(parts, call, jsonBody(call))
        return {
          status: 201,
          headers: { location: `${parts.baseUrl}/fhir/Consent/${id}`, etag: `W/"${version}"` },
          body: versioned(resource, version)
        }
      }
    },
    {
      ...at('PUT /fhir/Consent/:id'),
      dialect: 'fhir',
      capability: { resource: 'Consent', interaction: 'update' },
      handle: async call => {
        const match = /^(?:W\/)?"(\d+)"$/u.exec(call.headers['if-match'] ?? '')
        const body = jsonBody(call)
        const id = as<ConsentId>(call.params.id!)
        const { resource, version, receipt } = await withdrawConsent(
          parts,
          call,
          id,
          body,
          match ? Number(match[1]) : undefined
        )
        const extension = [...(resource.extension ?? []), { url: extensionUrl('receipt'), valueString: receipt }]
        return {
          status: 200,
          headers: { etag: `W/"${version}"` },
          body: versioned({ ...resource, extension }, version)
        }
      }
    },
    {
      ...at('GET /fhir/Consent/:id'),
      dialect: 'fhir',
      capability: { resource: 'Consent', interaction: 'read' },
      handle: async call => {
        const { resource, version } = await readConsent(parts, call, as<ConsentId>(call.params.id!))
        return { status: 200, headers: { etag: `W/"${version}"` }, body: versioned(resource, version) }
      }
    },
    {
      ...at('GET /fhir/Consent'),
      dialect: 'fhir',
      capability: { resource: 'Consent', interaction: 'search-type' },
      search: [
        { name: 'patient.identifier', type: 'token' },
        { name: 'status', type: 'token' }
      ],
      handle: async call => {
        const subject = tokenOf(call.query, 'patient.identifier', caseSubjectSystem)
        const status = single(call.query, 'status')
        if (subject === undefined) throw new Refusal('parameter-invalid', { at: ['patient.identifier'] })
        if (status !== undefined && !statuses.some(known => known === status))
          throw new Refusal('parameter-invalid', { at: ['status'] })
        const found = await searchConsents(parts, call, subject, status, `Consent?${call.query}`)
        return searchset(
          parts.baseUrl,
          'Consent',
          call,
          found.map(({ resource, version }) => versioned(resource, version)),
          undefined
        )
      }
    }
  ]
}
