/** What the structure check reads of a FHIR R4 StructureDefinition with a snapshot. */
export interface StructureDefinition {
  readonly url: string
  /** equal to `type` but for constraints such as `SimpleQuantity` */
  readonly name: string
  readonly type: string
  readonly kind: string
  readonly abstract: boolean
  readonly snapshot: { readonly element: readonly ElementDefinition[] }
}

export interface ElementDefinition {
  readonly path: string
  readonly min: number
  /** a number, or `*` */
  readonly max: string
  /** cardinality where the element was first defined: decides whether JSON has a list */
  readonly base: { readonly max: string }
  /** `#` and the path of the element whose content this one has */
  readonly contentReference?: string
  readonly representation?: readonly string[]
  readonly type?: readonly ElementType[]
  readonly binding?: { readonly strength: string; readonly valueSet?: string }
  readonly constraint?: readonly { readonly key: string; readonly severity: string }[]
}

export interface ElementType {
  readonly code: string
  readonly profile?: readonly string[]
  readonly extension?: readonly { readonly url: string; readonly valueUrl?: string }[]
}

/**
 * The codes of the value sets that are bound with strength `required`, by canonical with version: `closed` by code
 * system; `open` says of the others why their codes cannot be listed.
 */
export interface RequiredCodes {
  readonly open: Readonly<Record<string, string>>
  readonly closed: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}
