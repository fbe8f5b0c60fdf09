import type { DisclosureClass } from '../../src/document/disclosure-class.ts'
import type { KindCode } from '../../src/document/kind.ts'
import type { AnswerList } from '../terms/answer-lists.ts'

/**
 * The source of our forms: tables that read line by line like those of the domain reference, §1. They hold what differs
 * from item to item; how an item reads as FHIR is said once, in `make/questionnaire.ts`.
 */
export interface Form {
  readonly kind: KindCode
  /** oldest first */
  readonly versions: readonly FormVersion[]
  readonly title: Text
  /** Where the form comes from and how certain it is. */
  readonly description: string
  readonly items: readonly Item[]
  /** what other systems can take out of a response without reading the form */
  readonly extracts?: readonly Extract[]
}

export type FormVersion = '2024' | '2026'

export interface Text {
  readonly ja: string
  readonly en: string
}

export type Item = Question | Group | Display

/** Units of UCUM that a printed form asks for. */
export type Unit = 'min' | 'h' | 'd' | '%'

export type Card = '0..1' | '1..1' | '0..*' | '1..*'

export type QuestionType = 'string' | 'text' | 'date' | 'time' | 'integer' | 'decimal' | 'choice' | 'open-choice'

interface Common {
  readonly linkId: string
  readonly text: Text
  /** the first version that has the item; all have it if left out */
  readonly since?: FormVersion
  /** our assumption where no official text is known; named in the form's description and in `profiles/README.md` */
  readonly unconfirmed?: boolean
}

export interface Question extends Common {
  readonly type: QuestionType
  readonly card: Card
  readonly disclosure: DisclosureClass
  readonly options?: AnswerList
  readonly unit?: Unit
  readonly min?: number
  readonly max?: number
  /** printed below the label: examples, notes */
  readonly help?: readonly Text[]
  /** asked only after this answer */
  readonly onlyWhen?: Answered
  /** may always be answered; must be where one of these holds */
  readonly requiredWhen?: readonly (Answered | Given)[]
  /** linkId of a date that this one may not precede */
  readonly notBefore?: string
}

export interface Group extends Common {
  readonly type: 'group'
  readonly card: Card
  readonly disclosure: DisclosureClass
  readonly item: readonly Question[]
}

export interface Display extends Common {
  readonly type: 'display'
}

/** The question was answered with this code. */
export interface Answered {
  readonly question: string
  readonly code: string
}

/** The question was answered at all. */
export interface Given {
  readonly question: string
  readonly exists: true
}

/**
 * What becomes of answers, by linkId; `period` stands for the two dates below it. How it reads as FHIR is said once, in
 * `make/templates.ts`.
 */
export type Extract =
  | { readonly as: 'opinion'; readonly item: string; readonly period?: string; readonly until?: string }
  | { readonly as: 'lines'; readonly item: string; readonly period?: string }
  | {
      readonly as: 'job'
      readonly duties: string
      readonly hours: string
      readonly occupation?: string
      readonly activities?: string
      readonly hazards?: string
      readonly shift?: string
    }
  | { readonly as: 'request'; readonly addressee: string; readonly forms: readonly KindCode[] }

type Rest<Kind extends Item> = Partial<Omit<Kind, 'linkId' | 'text' | 'type' | 'card' | 'disclosure'>>

/** One line of a table: a question with its label. */
export function question(
  linkId: string,
  [type, card, disclosure]: readonly [QuestionType, Card, DisclosureClass],
  ja: string,
  en: string,
  rest: Rest<Question> = {}
): Question {
  return { linkId, type, card, disclosure, text: { ja, en }, ...rest }
}

/** One line of a table: a heading or note without an answer. */
export function display(linkId: string, ja: string, en: string, rest: Rest<Display> = {}): Display {
  return { linkId, type: 'display', text: { ja, en }, ...rest }
}

/** One line of a table and those below it: questions that stand or repeat together. */
export function group(
  linkId: string,
  [card, disclosure]: readonly [Card, DisclosureClass],
  ja: string,
  en: string,
  item: readonly Question[],
  rest: Rest<Group> = {}
): Group {
  return { linkId, type: 'group', card, disclosure, text: { ja, en }, item, ...rest }
}
