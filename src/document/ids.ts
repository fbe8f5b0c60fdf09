/** Identifiers are branded, so that a case cannot be passed where a document is meant. All are opaque to the outside. */
type Branded<Name extends string> = string & { readonly __brand: Name }

/** EpisodeOfCare/{id} */
export type CaseId = Branded<'CaseId'>
/** DocumentReference/{id} and Bundle/{id} of an original as its author and the worker know it */
export type DocumentId = Branded<'DocumentId'>
/** DocumentReference/{id} and Bundle/{id} of one recipient's derived document */
export type ViewId = Branded<'ViewId'>
/** Consent/{id} */
export type ConsentId = Branded<'ConsentId'>
/** PractitionerRole/{id}: one role of one organisation (or the worker) */
export type PartyId = Branded<'PartyId'>
/** Organization/{id} */
export type OrganizationId = Branded<'OrganizationId'>
/** OAuth client_id */
export type ClientId = Branded<'ClientId'>
/** X-Request-Id */
export type RequestId = Branded<'RequestId'>
/** AuditEvent/{id} */
export type AuditId = Branded<'AuditId'>

/** milliseconds since 1970-01-01T00:00:00Z */
export type Instant = number

/** FHIR Identifier with both parts known */
export interface Identifier {
  readonly system: string
  readonly value: string
}

/** Puts a brand on text that comes from our own store or factory; nothing from outside passes here unchecked. */
export const as = <Id extends Branded<string>>(text: string) => text as Id
