import type { CaseSnapshot } from '../../document/case.ts'
import type { ConsentFacts } from '../../document/consent.ts'
import type { ConsentId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import type { Evidence } from '../../record/ports.ts'
import type { Parts } from '../parts.ts'
import { consentRow } from './consent-row.ts'

/** The next version of a consent, ended now; its resource keeps every word but the status. */
export async function endConsent(
  parts: Parts,
  snapshot: CaseSnapshot,
  id: ConsentId,
  key: Uint8Array,
  at: number
): Promise<{ facts: ConsentFacts; row: Evidence['consent']; version: number }> {
  const current = await parts.consents.consent(id)
  if (!current || current.facts.case !== snapshot.id || current.facts.status !== 'active') {
    throw new Refusal('case-state', { at: ['Consent.status'] })
  }
  const version = current.version + 1
  const facts: ConsentFacts = { ...current.facts, status: 'inactive', endedAt: at }
  const resource = { ...current.resource, status: 'inactive' as const }
  return { facts, version, row: consentRow(parts.record.keyring, key, { resource, facts, version, at }) }
}
