import type { QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes'
import type { DisclosureClass } from './disclosure-class.ts'

/** Where a unit stands in its form: the question, and the 0-based repetition of each repeating group around it. */
export interface UnitPlace {
  readonly linkId: string
  /** empty where no group around the question repeats */
  readonly at: readonly number[]
}

/**
 * The smallest thing a worker decides about (contract §6.6): one leaf question in one repetition of each repeating
 * group around it; all answers of a repeating question together.
 */
export interface Unit extends UnitPlace {
  readonly class: DisclosureClass
  /** the answers as the response holds them; empty where the question was not answered */
  readonly answers: readonly QuestionnaireResponseItemAnswer[]
}
