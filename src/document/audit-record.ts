import type { AuditEvent } from '@medplum/fhirtypes'
import type { AuditId, CaseId, DocumentId, Instant, OrganizationId } from './ids.ts'

/** Codes of `{c}/CodeSystem/act` (contract §11): the closed list of what the log can say happened. */
export const acts = [
  'document-deposit',
  'document-search',
  'document-disclose',
  'document-replace',
  'document-revoke',
  'document-erase',
  'document-confirm',
  'consent-create',
  'consent-withdraw',
  'decide',
  'signature-verify',
  'token-issue',
  'token-refuse',
  'case-open',
  'case-join',
  'case-confirm',
  'case-transition',
  'notify',
  'acknowledge',
  'explain',
  'export',
  'audit-read',
  'key-rotate',
  'partner-change',
  'refuse',
  'refuse-many',
  'import',
  'session-open',
  'session-refuse',
  'session-close',
  'passkey-change',
  'account-change'
] as const
export type Act = (typeof acts)[number]

/** One record of the log, made by `audit/`, put into a write set by the journey, numbered at commit. */
export interface AuditRecord {
  readonly id: AuditId
  readonly at: Instant
  readonly act: Act
  /** FHIR audit-event-outcome: 0 success, 4 refused, 8 serious failure */
  readonly outcome: '0' | '4' | '8'
  /** whose secret keys the record's leaf: the document's, else the case's, else the log's */
  readonly document: DocumentId | undefined
  readonly case: CaseId | undefined
  /** the organisations that were party to it: their auditors may read it */
  readonly organizations: readonly OrganizationId[]
  readonly event: AuditEvent
}
