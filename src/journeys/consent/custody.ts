import type { Consent } from '@medplum/fhirtypes'
import { policyUri } from '../../consent/policy.ts'
import { canonicalBase, caseSubjectSystem, codeSystem } from '../../document/canonical.ts'
import type { ConsentFacts } from '../../document/consent.ts'
import { as, type CaseId, type ConsentId } from '../../document/ids.ts'
import type { Evidence } from '../../record/ports.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { operatorOrganization, operatorParty, type Parts } from '../parts.ts'
import { consentRow } from './consent-row.ts'

/** As long as the longest retention of the domain (§8): a consent without end would be refused from anybody else too. */
const custodyYears = 5

/** The text that the worker is shown when joining; its version stands in the consent. */
const custodyText = 'custody 1.0'

/**
 * Custody (本人の保管箱への預入): lets authors deposit into the worker's own box, releases to nobody. Given when joining.
 */
export function custodyConsentRow(
  parts: Parts,
  key: Uint8Array,
  given: { readonly case: CaseId; readonly subject: string; readonly at: number }
): { id: ConsentId; row: Evidence['consent'] } {
  const { subject, at } = given
  const id = as<ConsentId>(parts.newId())
  const end = new Date(at)
  end.setUTCFullYear(end.getUTCFullYear() + custodyYears)
  const period = { start: at, end: end.getTime() }
  const worker = { identifier: { system: caseSubjectSystem, value: subject } }
  const fhirPeriod = { start: toInstant(period.start), end: toInstant(period.end) }
  const resource: Consent = {
    resourceType: 'Consent',
    id,
    meta: {
      profile: [
        'https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentAdvanced',
        `${canonicalBase}/StructureDefinition/ryoritsu-consent`
      ]
    },
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '64292-6' }] }],
    patient: worker,
    dateTime: toInstant(at),
    performer: [worker],
    organization: [{ reference: `Organization/${operatorOrganization}` }],
    sourceAttachment: { contentType: 'text/plain', title: custodyText },
    policy: [{ uri: policyUri }],
    provision: {
      type: 'deny',
      period: fhirPeriod,
      provision: [
        {
          type: 'permit',
          period: fhirPeriod,
          actor: [
            {
              role: {
                coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }]
              },
              reference: { reference: `PractitionerRole/${operatorParty}` }
            }
          ],
          purpose: [{ system: codeSystem('ryoritsu-purpose'), code: 'custody' }]
        }
      ]
    }
  }
  const facts: ConsentFacts = {
    id,
    case: given.case,
    type: 'custody',
    status: 'active',
    discloser: undefined,
    period,
    provisions: [
      {
        type: 'permit',
        period,
        kinds: [],
        actors: [operatorParty],
        purposes: ['custody'],
        labels: [],
        withholding: 'marked'
      }
    ],
    replaces: undefined,
    endedAt: undefined
  }
  return { id, row: consentRow(parts.record.keyring, key, { resource, facts, version: 1, at }) }
}
