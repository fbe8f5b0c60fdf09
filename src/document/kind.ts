import type { ClientRole, PurposeCode, RoleCode } from './role.ts'

export type KindCode =
  | 'work-information'
  | 'opinion-continuation'
  | 'opinion-return'
  | 'support-card'
  | 'support-plan'
  | 'ohp-opinion'
  | 'inquiry'
  | 'inquiry-answer'

/** How much of a document a role may see at most: the form itself, or one of its view forms. */
export type ViewName = 'full' | 'processed' | 'supervisor'

/** One printed place for a signature; not an item of the response (domain §1). */
export interface SignatureSlot {
  /** e.g. `oc.sign.worker` */
  readonly slot: string
  readonly role: RoleCode
  readonly label: string
  /** `deposit`: the author's own signature; `release`: confirmed before the document goes on; `none`: may follow at any time */
  readonly neededFor: 'deposit' | 'release' | 'none'
}

/** Everything the gateway knows about one kind of document. A new kind is a new row and a Questionnaire, nothing else. */
export interface Kind {
  readonly code: KindCode
  readonly title: { readonly ja: string; readonly en: string }
  /** versions of the form, oldest first */
  readonly versions: readonly string[]
  readonly depositedBy: readonly ClientRole[]
  readonly signatureSlots: readonly SignatureSlot[]
  /** roles that may ever receive it, and the most they may see; a role that is not named never does */
  readonly views: Readonly<Partial<Record<RoleCode, ViewName>>>
  /** purposes for which it may be released */
  readonly purposes: readonly PurposeCode[]
  /** linkIds that stay in every view, since the view would say nothing without them */
  readonly cannotWithhold: readonly string[]
}
