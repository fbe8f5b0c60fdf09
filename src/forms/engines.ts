/** A FHIRPath expression, compiled once. Constants of the environment are given without their `%`. */
export type Evaluate = (context: unknown, environment: Readonly<Record<string, unknown>>) => readonly unknown[]

/** FHIRPath 2.0 on FHIR R4. */
export interface FhirPath {
  /**
   * @param type of what the expression will be evaluated on, e.g. `QuestionnaireResponse.item`: without it an element that is
   *   no resource has no types
   * @throws SyntaxError where the text is no FHIRPath, or a pattern in it cannot be expressed in RE2
   */
  readonly compile: (expression: string, type?: string) => Evaluate
}

/** Units of measure (UCUM). */
export interface Ucum {
  /** undefined where one is no UCUM unit, or the units do not measure the same */
  readonly convert: (value: number, from: string, to: string) => number | undefined
  readonly isUnit: (code: string) => boolean
}

/** What only some forms need, and which costs memory: loaded when such a form comes. */
export interface Engines {
  readonly fhirPath: FhirPath
  readonly ucum: Ucum
}
