import { Refusal } from '../../src/outcome/refusal.ts'
import { UnexpectedAnswer } from '../parties/story.ts'

/** Notes what a step verified; a fact that does not hold ends the step. */
export type Saw = (fact: string, holds?: boolean) => void

/** One step of a story: a number within it, and what it is in both languages. */
export interface StepName {
  /** e.g. `A-3` */
  readonly id: string
  readonly ja: string
  readonly en: string
}

/** A step that did not come to its end; the story ends with it. */
export class StepFailed extends Error {
  readonly step: StepName
  /** key of the catalogue, where somebody refused */
  readonly refusal: string | undefined

  constructor(step: StepName, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.step = step
    this.refusal = refusalIn(cause)
  }
}

/** Something that had to be so and is not. */
export class NotSo extends Error {}

/** @throws NotSo */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new NotSo(`not so: ${what}`)
}

/**
 * Does the work of a step and tells what was verified in it.
 * @throws StepFailed at the first thing that is not as it has to be
 */
export async function step<Result>(
  name: StepName,
  work: (saw: Saw) => Promise<Result>,
  tell: (name: StepName, facts: readonly string[]) => void
): Promise<Result> {
  const facts: string[] = []
  const saw: Saw = (fact, holds = true) => {
    must(holds, fact)
    facts.push(fact)
  }
  let result: Result
  try {
    result = await work(saw)
    must(facts.length > 0, 'a step verifies something')
  } catch (cause) {
    throw new StepFailed(name, cause)
  }
  tell(name, facts)
  return result
}

/** What a gateway answered, or what a station said that a partner's own system uses. */
function refusalIn(cause: unknown): string | undefined {
  if (cause instanceof Refusal) return cause.key
  return cause instanceof UnexpectedAnswer ? cause.refusal : undefined
}
