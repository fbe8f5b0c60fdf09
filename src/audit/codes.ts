import type { Coding } from '@medplum/fhirtypes'

/**
 * The code systems that audit records speak (FHIR R4 AuditEvent, DICOM PS3.15 and PS3.16, IHE BALP 1.1.4). Displays
 * are left out: a record is read millions of times by programs and written once.
 */
const coding =
  (system: string) =>
  (code: string): Coding => ({ system, code })

export const balp = 'https://profiles.ihe.net/ITI/BALP'
export const dicom = coding('http://dicom.nema.org/resources/ontology/DCM')
export const eventType = coding('http://terminology.hl7.org/CodeSystem/audit-event-type')
export const interaction = coding('http://hl7.org/fhir/restful-interaction')
export const lifecycle = coding('http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle')
export const ihe = coding('urn:ihe:event-type-code')
export const authorization = coding(`${balp}/CodeSystem/AuthZsubType`)
export const userAgent = coding(`${balp}/CodeSystem/UserAgentTypes`)
export const basicEntity = coding(`${balp}/CodeSystem/BasicAuditEntityType`)
export const participation = coding('http://terminology.hl7.org/CodeSystem/v3-ParticipationType')
export const roleClass = coding('http://terminology.hl7.org/CodeSystem/v3-RoleClass')
export const securityRole = coding('http://terminology.hl7.org/CodeSystem/extra-security-role-type')
export const provenanceRole = coding('http://terminology.hl7.org/CodeSystem/provenance-participant-type')
export const sourceType = coding('http://terminology.hl7.org/CodeSystem/security-source-type')
export const entityType = coding('http://terminology.hl7.org/CodeSystem/audit-entity-type')
export const objectRole = coding('http://terminology.hl7.org/CodeSystem/object-role')
export const resourceType = coding('http://hl7.org/fhir/resource-types')
