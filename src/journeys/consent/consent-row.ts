import type { Consent } from '@medplum/fhirtypes'
import type { ConsentFacts } from '../../document/consent.ts'
import type { Keyring } from '../../record/keyring.ts'
import type { Evidence } from '../../record/ports.ts'

/** One version of a consent, sealed under its case's key; the newest version is the state. */
export function consentRow(
  keyring: Keyring,
  key: Uint8Array,
  consent: { readonly resource: Consent; readonly facts: ConsentFacts; readonly version: number; readonly at: number }
): Evidence['consent'] {
  const { resource, facts, version, at } = consent
  const { id } = facts
  const sealed = keyring.seal(key, `consent|${id}|${version}`, Buffer.from(JSON.stringify({ resource, facts })))
  return { id, version, case: facts.case, status: facts.status, sealed, at }
}
