/** A text in both languages of the gateway. Never holds content of a document. */
export interface Bilingual {
  readonly ja: string
  readonly en: string
}

/**
 * One thing that is wrong, or worth saying, about a resource.
 *
 * `rule` is the stable key of the rule (contract §4): `qr-01`…`qr-55`, `que-…`, `r4-…`, `profile-…`, `binding-…`, `id-…`, `advise-…`.
 * `expression` is a FHIRPath expression from the root of the resource, e.g. `Bundle.entry[1].resource.item[2]`.
 */
export interface Issue {
  readonly severity: 'error' | 'warning' | 'information'
  /** FHIR R4 issue-type code */
  readonly code: string
  readonly rule: string
  readonly expression: string
  readonly text: Bilingual
  readonly fix?: Bilingual
}
