import type { Questionnaire } from '@medplum/fhirtypes'
import type { PublishedKeys } from '../authenticate/published-keys.ts'
import type { OrganizationId, PartyId } from '../document/ids.ts'
import type { SignaturePolicy } from '../document/signature-policy.ts'
import type { CurrentSigner } from '../document/signer.ts'
import type { FormRegistry } from '../forms/registry.ts'
import type { RecordParts } from '../record/append.ts'
import type { ReceiptParts } from '../record/receipt.ts'
import type { RevocationDataReads } from './document/ports.ts'
import type { ImportReads } from './imports/ports.ts'
import type { PersonReads } from './person/ports.ts'
import type {
  AnswerReads,
  AuditReads,
  CaseReads,
  ConsentReads,
  DocumentReads,
  ExpiryReads,
  OutboxReads,
  PartnerReads,
  RevocationReads
} from './ports.ts'
import type { Stamping } from './time/ask-authority.ts'
import type { ProofReads } from './time/ports.ts'

/** The operator as a party: whom custody names, and under whose name the gateway records (design §1). */
export const operatorParty = 'operator' as PartyId
export const operatorOrganization = 'operator' as OrganizationId

/** What every journey may lean on. Built once by `gateway.ts`; a test replaces a part by naming it. */
export interface Parts {
  /** `{b}` without a slash at its end */
  readonly baseUrl: string
  /** how the log names this gateway */
  readonly gateway: { readonly name: string; readonly address: string }
  /** milliseconds since 1970 */
  readonly now: () => number
  /** UUIDv7, monotonic within the process */
  readonly newId: () => string
  /** UUIDv4: for ids that must not tell when they were made */
  readonly randomId: () => string
  readonly random: (size: number) => Uint8Array
  readonly record: RecordParts
  readonly receipts: ReceiptParts
  readonly cases: CaseReads
  readonly documents: DocumentReads
  readonly consents: ConsentReads
  readonly partners: PartnerReads
  /** keys of clients that publish them */
  readonly published: PublishedKeys
  readonly audit: AuditReads
  readonly outbox: OutboxReads
  readonly answers: AnswerReads
  readonly revocations: RevocationReads
  readonly expiries: ExpiryReads
  readonly imports: ImportReads
  readonly proofs: ProofReads
  /** undefined: no authority is set, and nothing is stamped */
  readonly stamping: Stamping | undefined
  readonly revocationData: RevocationDataReads
  /** what signatures must be worth (document/signature-policy.ts) */
  readonly signaturePolicy: SignaturePolicy
  readonly persons: PersonReads
  readonly forms: FormRegistry
  /** the forms as published, by `url|version` */
  readonly questionnaires: ReadonlyMap<string, Questionnaire>
  /** signs derived documents and attested drafts */
  readonly documentSigner: CurrentSigner
  /** wakes what works in the background after a commit: derived documents, webhooks */
  readonly wake: () => void
}
