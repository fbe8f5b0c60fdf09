import type { Consent } from '@medplum/fhirtypes'
import { caseSubjectSystem, extensionUrl } from '../../../document/canonical.ts'
import { as, type ConsentId } from '../../../document/ids.ts'
import type { ClientRole } from '../../../document/role.ts'
import { grantConsent } from '../../../journeys/consent/grant-consent.ts'
import { readConsent, searchConsents } from '../../../journeys/consent/read-consents.ts'
import { withdrawConsent } from '../../../journeys/consent/withdraw-consent.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import { jsonBody } from '../json-body.ts'
import type { KnownRoute } from '../route.ts'
import { single, tokenOf } from './search-parameters.ts'
import { searchset } from './searchset.ts'

/** The worker reads all of it; auditors the scope of those to which their organisation is a party (domain §4 matrix). */
const readers: readonly ClientRole[] = ['worker', 'auditor']
const statuses = ['active', 'inactive'] as const

/** Routes of consents (contract §7, ITI-108). */
export function consentRoutes(parts: Parts): readonly KnownRoute[] {
  const versioned = (resource: Consent, version: number): Consent => ({
    ...resource,
    meta: { ...resource.meta, versionId: String(version) }
  })
  return [
    {
      method: 'POST',
      path: '/fhir/Consent',
      dialect: 'fhir',
      capability: { resource: 'Consent', interaction: 'create' },
      access: { roles: ['worker'], scope: 'system/Consent.c' },
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
      method: 'PUT',
      path: '/fhir/Consent/:id',
      dialect: 'fhir',
      capability: { resource: 'Consent', interaction: 'update' },
      access: { roles: ['worker'], scope: 'system/Consent.u' },
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
      method: 'GET',
      path: '/fhir/Consent/:id',
      dialect: 'fhir',
      capability: { resource: 'Consent', interaction: 'read' },
      access: { roles: readers, scope: 'system/Consent.r' },
      handle: async call => {
        const { resource, version } = await readConsent(parts, call, as<ConsentId>(call.params.id!))
        return { status: 200, headers: { etag: `W/"${version}"` }, body: versioned(resource, version) }
      }
    },
    {
      method: 'GET',
      path: '/fhir/Consent',
      dialect: 'fhir',
      capability: { resource: 'Consent', interaction: 'search-type' },
      search: [
        { name: 'patient.identifier', type: 'token' },
        { name: 'status', type: 'token' }
      ],
      access: { roles: readers, scope: 'system/Consent.s' },
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
