import type { DisclosureClass } from '../../src/document/disclosure-class.ts'

/** One code with what a person reads. */
export interface Term {
  readonly code: string
  readonly ja: string
  readonly en: string
  /** heading under which a printed form lists the code */
  readonly group?: string
  /** of an item of a form */
  readonly disclosure?: DisclosureClass
}

/** A closed list of codes that we define ourselves. */
export interface TermList {
  readonly title: { readonly ja: string; readonly en: string }
  /** Where the list comes from and how certain it is. */
  readonly description: string
  readonly terms: readonly Term[]
  /** code → label of the headings that `group` names */
  readonly groups?: Readonly<Record<string, { readonly ja: string; readonly en: string }>>
}
