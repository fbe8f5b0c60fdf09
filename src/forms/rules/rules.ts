import type { Item } from '../form.ts'
import type { Run } from './check.ts'
import type { Computed, Constraint } from './expression-rules.ts'
import type { Answer, Node } from './node.ts'

/** One condition on other answers; the same for enableWhen and for required-when. */
export interface Condition {
  /** place among all conditions of the form, to keep its verdict */
  readonly index: number
  readonly target: Item
  /** the nearest group around both: answers count only inside the same repetition of it (rule 25) */
  readonly scope: Item
  /** undefined: asks only whether there is an answer (`exists`) */
  readonly accepts: ((answer: Answer) => boolean | undefined) | undefined
  /** with `exists`: whether there has to be an answer */
  readonly expected: boolean
}

/** Conditions and how they join: enableBehavior, with `any` where there is one condition. */
export interface Gate {
  readonly conditions: readonly Condition[]
  readonly all: boolean
  /** enableWhenExpression, which counts instead of the conditions */
  readonly expression?: Computed
}

/** Looks at one answer that has a value; `add`s what is wrong with it. */
export type AnswerRule = (run: Run, answer: Answer) => void

/** Looks at all answers of one question together. */
export type AnswersRule = (run: Run, node: Node) => void

/** How one item is judged: closures made when the form was compiled. */
export interface ItemRules {
  readonly isText: (text: unknown) => boolean
  /** enableWhen of the item itself */
  readonly gate: Gate | undefined
  /** false where neither the item nor anything around it has a condition */
  readonly isConditional: boolean
  /** makes the answers of this item known to the groups in which conditions ask for them */
  readonly reach: ((node: Node) => void) | undefined
  readonly requiredWhen: readonly Condition[]
  readonly answer: readonly AnswerRule[]
  readonly answers: readonly AnswersRule[]
  /** questionnaire-constraint of the item itself */
  readonly constraints: readonly Constraint[]
  /** calculatedExpression of an item that is not to be edited */
  readonly calculated: Computed | undefined
  /** children that may have to be there */
  readonly demanded: readonly Item[]
}

export interface FormRules {
  /** number of items, the root included */
  readonly size: number
  /** by index of the item */
  readonly items: readonly ItemRules[]
  /** items with conditions on them or around them, each after all that it depends on */
  readonly conditional: readonly Item[]
}
