import type { Evaluate, FhirPath } from './engines.ts'

/** Values that expressions may name, without their `%`. */
export type Environment = Readonly<Record<string, unknown>>

/** What a template says that the response does not bear out; `at` names the element of the template. */
export type Doubt = (rule: 'extract-failed' | 'extract-many' | 'extract-type', at: string) => void

/** Where an expression is evaluated: a response or one of its items, and the place within the contexts around. */
export interface Place {
  readonly base: unknown
  readonly environment: Environment
  readonly doubt: Doubt
}

/** One step into a context: the place of its nth result. */
interface Step {
  readonly variable: string
  readonly expression: string
}

/**
 * Compiles the expressions of one template. A context that stands inside another is not evaluated on a bare value but with
 * all contexts around it, since only from the response on does FHIRPath know the types of what it finds.
 */
export class PathCompiler {
  readonly #fhirPath: FhirPath
  readonly #base: string
  readonly #steps: readonly Step[]

  /** @param base type of what the outermost expression is evaluated on, e.g. `QuestionnaireResponse.item` */
  constructor(fhirPath: FhirPath, base: string, steps: readonly Step[] = []) {
    this.#fhirPath = fhirPath
    this.#base = base
    this.#steps = steps
  }

  /**
   * An expression that fails on this response has no result, which is told as a doubt.
   * @param at the element of the template that has the expression
   * @throws SyntaxError where the text is no FHIRPath
   */
  compile(expression: string, at: string): (place: Place) => readonly unknown[] {
    // by itself first: two halves that are broken could be whole together
    this.#fhirPath.compile(expression, this.#base)
    const nested = this.#steps.reduceRight(
      (inner, step) => `(${step.expression}).skip(%${step.variable}).take(1).select(${inner})`,
      expression
    )
    const evaluate: Evaluate = this.#fhirPath.compile(nested, this.#base)
    return ({ base, environment, doubt }) => {
      try {
        return evaluate(base, environment)
      } catch {
        doubt('extract-failed', at)
        return []
      }
    }
  }

  /** The same inside the results of `expression`; `at` is the place of its nth result. */
  inside(expression: string): { readonly paths: PathCompiler; readonly at: (place: Place, nth: number) => Place } {
    const variable = `ryoritsuContext${this.#steps.length}`
    return {
      paths: new PathCompiler(this.#fhirPath, this.#base, [...this.#steps, { variable, expression }]),
      at: (place, nth) => ({ ...place, environment: { ...place.environment, [variable]: nth } })
    }
  }
}
