import type {
  Period,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireItemEnableWhen,
  QuestionnaireResponse,
  QuestionnaireResponseItemAnswer
} from '@medplum/fhirtypes'
import type { DisclosureClass } from '../document/disclosure-class.ts'
import type { Unit } from '../document/unit.ts'
import type { Issue } from '../outcome/issue.ts'

/** The name of one `value[x]` member, e.g. `valueCoding`. */
export type ValueKey = `value${string}`

/** One answer that a question offers: what FHIR calls answerOption, or a code of its value set. */
export interface Option {
  readonly key: ValueKey
  readonly value: unknown
  /** how the plain answers write it (contract §10): the code, made unique by its system only where that is needed */
  readonly plain: unknown
  /** Japanese, as printed */
  readonly display: string | undefined
  readonly english: string | undefined
  /** cannot stand beside another answer (questionnaire-optionExclusive) */
  readonly exclusive: boolean
}

/** That question, answered with that code or answered at all (`exists`). */
export interface RequiredWhen {
  readonly question: string
  readonly code?: string
  readonly exists?: boolean
}

/** One item of a Questionnaire with what everybody asks about it; how it is judged stays inside `rules/`. */
export interface Item {
  /** place in form order, from 1; 0 is the form itself, seen as the group of its items */
  readonly index: number
  readonly linkId: string
  readonly type: QuestionnaireItem['type']
  /** the label as printed */
  readonly text: string | undefined
  /** the label in English, where the form has a translation */
  readonly english: string | undefined
  readonly class: DisclosureClass | undefined
  readonly parent: Item | undefined
  /** place among its siblings, from 0 */
  readonly position: number
  /** children in form order, display items included */
  readonly items: readonly Item[]
  readonly required: boolean
  readonly repeats: boolean
  /** least and most answers of a question, or repetitions of a group */
  readonly min: number
  readonly max: number
  readonly maxLength: number | undefined
  /** bounds of a value (minValue, maxValue) */
  readonly least: unknown
  readonly most: unknown
  /** when the item applies; each says `all` or `any` of several by `enableBehavior` */
  readonly enableWhen: readonly QuestionnaireItemEnableWhen[]
  readonly enableBehavior: 'all' | 'any'
  /** our extension `required-when`: when an item that is else optional has to be answered */
  readonly requiredWhen: readonly RequiredWhen[]
  /** empty where any answer of the type is allowed */
  readonly options: readonly Option[]
  /** what a new response starts with (`initial`, or options that are initially selected) */
  readonly initial: readonly QuestionnaireResponseItemAnswer[]
}

/** An issue that knows which item of the form it speaks of, also where the response has no place for it. */
export interface FormIssue extends Issue {
  readonly linkId?: string
}

export interface CheckOptions {
  /** FHIRPath of the response, before every expression, e.g. `Bundle.entry[1].resource` */
  readonly root: string
  /**
   * The text of a number as it was written, by JSON pointer from the response (`/item/2/answer/0/valueDecimal`);
   * undefined where it was written as JavaScript prints it. Rule 46 counts written digits.
   */
  readonly numberText?: (pointer: string) => string | undefined
  /** The response carries v3-ObservationValue#REDACTED: a masked answer stands for an answer. */
  readonly redacted?: boolean
  /** constants for expressions (launchContext), by name without `%` */
  readonly environment?: Readonly<Record<string, unknown>>
}

/** A Questionnaire made ready once: nothing of it is read again when a response is judged. */
export interface Form {
  /** `url|version`, as QuestionnaireResponse.questionnaire names it */
  readonly canonical: string
  readonly url: string
  readonly version: string | undefined
  readonly title: string
  readonly english: string | undefined
  readonly status: Questionnaire['status']
  /** when it is in force; each side may be open */
  readonly effectivePeriod: Period | undefined
  /** the form as the group of its items: `index` 0, no linkId */
  readonly root: Item
  /** every item but the root, in form order */
  readonly items: readonly Item[]
  readonly item: (linkId: string) => Item | undefined
  /** Every fault and doubt at once (standards §2.3), at most 1,000, an error among them if there is one. */
  readonly check: (response: QuestionnaireResponse, options: CheckOptions) => readonly FormIssue[]
  readonly units: (response: QuestionnaireResponse) => readonly Unit[]
  /** the same, with room (undefined) for repetitions that are not there */
  readonly slots: (response: QuestionnaireResponse) => readonly (Unit | undefined)[]
}

/** True for what can hold an answer. */
export const isQuestion = (item: Item): boolean => item.type !== 'group' && item.type !== 'display'

/** True for a question with questions below it, beyond help and notes. */
export const hasQuestions = (item: Item): boolean =>
  isQuestion(item) && item.items.some(child => child.type !== 'display')
