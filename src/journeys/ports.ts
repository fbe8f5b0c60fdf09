import type { Consent } from '@medplum/fhirtypes'
import type { CasePerson, CaseSnapshot } from '../document/case.ts'
import type { ConsentFacts } from '../document/consent.ts'
import type { CaseId, ClientId, ConsentId, DocumentId, OrganizationId, PartyId, ViewId } from '../document/ids.ts'
import type { KindCode } from '../document/kind.ts'
import type { Partner } from '../document/partner.ts'
import type { ClientRole, PurposeCode, Side } from '../document/role.ts'
import type { SignatureResult } from '../document/signature-result.ts'
import type { PlainAnswers } from '../forms/plain.ts'
import type { Evidence, PreparedSet, Working } from '../record/ports.ts'

/** Reading cases. A snapshot is as of one version; see `CaseSnapshot`. */
export interface CaseReads {
  byIdentifier(identifier: string): Promise<CaseSnapshot | undefined>
  byId(id: CaseId): Promise<CaseSnapshot | undefined>
  /** the case in which this organisation knows the worker by this number */
  bySubject(organization: OrganizationId, subject: string): Promise<CaseId | undefined>
  ofOrganization(organization: OrganizationId, page: Page): Promise<readonly CaseId[]>
  person(id: CaseId): Promise<CasePerson>
  invitation(
    codeMac: string
  ): Promise<{ readonly case: CaseId; readonly side: Side; readonly expiresAt: number } | undefined>
  receptionCode(id: CaseId): Promise<Working['receptionCode'] | undefined>
  draft(id: CaseId, kind: KindCode): Promise<Draft | undefined>
}

export interface Page {
  readonly after: string | undefined
  readonly limit: number
}

/** Answers that wait for both sides to confirm them (contract §10). */
export interface Draft {
  /** another number each time that it is written */
  readonly revision: number
  readonly version: string
  /** as they were sent */
  readonly answers: PlainAnswers
  /** value of the Bundle.identifier that its document will have; another one for other answers */
  readonly identifier: string
  /** the employer whose draft it is */
  readonly organization: OrganizationId
  readonly party: PartyId
  readonly confirmed: Readonly<Partial<Record<DraftSide, Confirmation>>>
}

export type DraftSide = Extract<Side, 'employer' | 'worker'>

export interface Confirmation {
  readonly organization: OrganizationId
  readonly party: PartyId
  readonly at: number
}

export interface StoredDocument {
  readonly id: DocumentId
  readonly case: CaseId
  readonly kind: KindCode
  readonly version: string
  readonly organization: OrganizationId
  readonly party: PartyId
  readonly size: number
  readonly recordedAt: number
  readonly replaces: DocumentId | undefined
  readonly replacedBy: DocumentId | undefined
}

export interface StoredView {
  readonly id: ViewId
  readonly document: DocumentId
  readonly case: CaseId
  readonly kind: KindCode
  readonly version: string
  readonly party: PartyId
  readonly purpose: PurposeCode
  readonly organization: OrganizationId
  readonly author: OrganizationId
  readonly releasedMac: string
  readonly replaces: ViewId | undefined
  readonly size: number
  readonly recordedAt: number
  /** no later view of the same document for the same recipient and purpose */
  readonly isNewest: boolean
}

export interface DocumentReads {
  document(id: DocumentId): Promise<StoredDocument | undefined>
  documentBytes(id: DocumentId): Promise<Uint8Array>
  verification(id: DocumentId): Promise<SignatureResult>
  ofCase(id: CaseId): Promise<readonly StoredDocument[]>
  view(id: ViewId): Promise<StoredView | undefined>
  viewBytes(id: ViewId): Promise<Uint8Array>
  newestView(document: DocumentId, party: PartyId, purpose: PurposeCode): Promise<StoredView | undefined>
  /** by the HMAC of its author's organisation and Bundle.identifier */
  byIdentifierMac(mac: string): Promise<DocumentId | undefined>
  bytesMac(id: DocumentId): Promise<string>
  statements(id: DocumentId): Promise<
    readonly {
      readonly slot: string
      readonly organization: OrganizationId
      readonly assurance: string
      readonly at: number
    }[]
  >
  /** ids of what this reader may find, oldest first; the decision still follows */
  findings(
    reader: string,
    filter: { readonly case?: CaseId; readonly kind?: KindCode },
    page: Page
  ): Promise<readonly Finding[]>
}

export type Finding = Pick<Evidence['finding'], 'target' | 'kind' | 'day' | 'at'> & {
  readonly case: CaseId
  readonly isView: boolean
}

export interface ConsentReads {
  consent(
    id: ConsentId
  ): Promise<{ readonly resource: Consent; readonly facts: ConsentFacts; readonly version: number } | undefined>
  consentsOf(
    id: CaseId
  ): Promise<readonly { readonly resource: Consent; readonly facts: ConsentFacts; readonly version: number }[]>
}

/** Partners are few and asked for in every request: kept in memory, read again when a change was written. */
export interface PartnerReads {
  /** as it acts for its own organisation */
  byClient(id: ClientId): Partner | undefined
  /** a client of this party, as it acts for the party's organisation; one that may call, if there is one */
  byParty(id: PartyId): Partner | undefined
  /** all clients that act for it, as they do so; those that no longer do are disabled */
  ofOrganization(id: OrganizationId): readonly Partner[]
  /** the party that clients of this role of this organisation are, also if there are none any more */
  partyOf(id: OrganizationId, role: ClientRole): PartyId | undefined
  /** number of the newest change to a client; 0: never registered */
  version(id: ClientId): number
  organizationName(id: OrganizationId): string | undefined
  organizationByIdentifier(system: string, value: string): OrganizationId | undefined
  /** each client once */
  all(): readonly Partner[]
  refresh(): Promise<void>
}

export interface StoredRecord {
  readonly leaf: number
  readonly tree: number
  readonly id: string
  readonly act: string
  readonly outcome: string
  readonly case: CaseId | undefined
  readonly document: DocumentId | undefined
  readonly entry: string
  readonly at: number
  /** the AuditEvent, exactly as hashed */
  readonly event: Uint8Array
  /** opens this record and no other */
  readonly key: Uint8Array
}

export interface AuditReads {
  record(id: string): Promise<StoredRecord | undefined>
  /** the first record of this act on a document or view */
  recordOf(document: DocumentId | ViewId, act: string): Promise<StoredRecord | undefined>
  isParty(organization: OrganizationId, leaf: number): Promise<boolean>
  search(
    filter: AuditFilter,
    page: { readonly beforeLeaf: number | undefined; readonly limit: number }
  ): Promise<readonly StoredRecord[]>
  head(): Promise<{ readonly size: number; readonly frontier: readonly Uint8Array[] }>
  nodes(places: readonly { readonly level: number; readonly index: number }[]): Promise<ReadonlyMap<string, Uint8Array>>
}

export interface AuditFilter {
  /** records to which this organisation was party; undefined: all of the case (its worker) */
  readonly organization: OrganizationId | undefined
  readonly case: CaseId | undefined
  readonly act: string | undefined
  readonly outcome: string | undefined
  readonly from: number | undefined
  readonly until: number | undefined
}

export interface OutboxReads {
  /** the oldest waiting entry of each recipient that is due */
  due(now: number, limit: number): Promise<readonly Working['outbox'][]>
  /** entries whose derived document still has to be made and that are due */
  building(now: number, limit: number): Promise<readonly Working['outbox'][]>
  /** moments that have come at which consents of a case begin or end */
  turning(now: number, limit: number): Promise<readonly Working['outbox'][]>
  /** entries of a case that nobody was told of yet */
  undelivered(id: CaseId): Promise<readonly Working['outbox'][]>
  ofTarget(target: string): Promise<Working['outbox'] | undefined>
  /** how many were there for this recipient up to this one */
  number(row: Working['outbox']): Promise<number>
  states(document: DocumentId): Promise<readonly { readonly party: PartyId; readonly state: string }[]>
}

/** Answers kept for an Idempotency-Key. */
export interface AnswerReads {
  answer(key: string): Promise<Working['answer'] | undefined>
}

/** Tokens that were taken back before they were over (RFC 7009). */
export interface RevocationReads {
  /** `jti`s in their order, of tokens that are not over */
  revoked(now: number, page: { readonly after: string; readonly limit: number }): Promise<readonly string[]>
}

/** What may be forgotten: keys of `once` and kept answers that were over before a moment. */
export interface ExpiryReads {
  once(before: number, limit: number): Promise<readonly { readonly scope: string; readonly key: string }[]>
  answers(before: number, limit: number): Promise<readonly { readonly key: string }[]>
  /** sessions, codes and counted attempts */
  persons(before: number, limit: number): Promise<PreparedSet['gone']>
}
