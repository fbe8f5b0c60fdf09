import type { Bundle, Composition, QuestionnaireResponse } from '@medplum/fhirtypes'
import type { JsonPlace } from '../standards/json.ts'
import type { Caller } from './caller.ts'
import type { CaseSnapshot } from './case.ts'
import type { ConsentId, DocumentId, Identifier, Instant, PartyId, RequestId } from './ids.ts'
import type { Kind } from './kind.ts'
import type { SignatureResult } from './signature-result.ts'

/**
 * The path of one document (design §2): each station returns the next stage, so that skipping one does not compile.
 *
 * Identified → Received → WellFormed → Verified → Permitted → Recorded
 */
export interface Identified {
  readonly request: RequestId
  readonly at: Instant
  readonly caller: Caller
}

export interface Received extends Identified {
  /** exactly as sent; recorded, hashed and delivered unchanged */
  readonly bytes: Uint8Array
  /** the same, parsed for looking */
  readonly value: unknown
  /** the first number that RFC 8785 would write otherwise; a document that holds one is refused */
  readonly ambiguousNumber: JsonPlace | undefined
}

/** The parts of a document Bundle that stations look at; parsed, never written back. */
export interface Document {
  readonly bundle: Bundle
  readonly composition: Composition
  readonly response: QuestionnaireResponse
  /** index of each part in `Bundle.entry`, to name places */
  readonly at: { readonly composition: number; readonly response: number; readonly patient: number }
  readonly identifier: Identifier
  /** value in `{c}/IdSystem/case` */
  readonly case: string
  /** value in `{c}/IdSystem/case-subject`: the author's own number for the worker */
  readonly subject: string
  /** Bundle.identifier of the document that this one replaces */
  readonly replaces: Identifier | undefined
  /** identifier of the authoring organisation, as the document states it */
  readonly authorOrganization: Identifier | undefined
  readonly authorName: string
}

export interface WellFormed extends Received {
  readonly document: Document
  readonly kind: Kind
  /** version of the form */
  readonly version: string
}

export interface Verified extends WellFormed {
  readonly signature: SignatureResult
}

/** The consent that lets a document into the worker's box. */
export interface Permit {
  /** as it was decided on; its version guards the commit */
  readonly case: CaseSnapshot
  readonly custody: ConsentId
}

export interface Permitted extends Verified {
  readonly permit: Permit
}

/** Sent again after it was recorded: the same identifier and bytes, whatever has become of the case since. */
export interface Repeated extends WellFormed {
  readonly id: DocumentId
  readonly receipt: string
  readonly isNew: false
}

export interface Recorded extends Permitted {
  readonly id: DocumentId
  readonly recordedAt: Instant
  /** compact JWS (contract §6.3) */
  readonly receipt: string
  /** false where the same bytes had been recorded before */
  readonly isNew: boolean
  /** the document that this one corrects */
  readonly replaces: DocumentId | undefined
  /** recipients to whom a standing release opens it */
  readonly openTo: readonly PartyId[]
}
