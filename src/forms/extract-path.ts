import type { FhirPath } from './engines.ts'

/** Values that expressions may name, without their `%`. */
export type Environment = Readonly<Record<string, unknown>>

/** What a template says that the response does not bear out; `at` names the element of the template. */
export type Doubt = (rule: 'extract-failed' | 'extract-limit' | 'extract-many' | 'extract-type', at: string) => void

/** Where an expression is evaluated: a response, one of its items, or a result of the context around. */
export interface Place {
  readonly context: unknown
  readonly environment: Environment
  readonly doubt: Doubt
}

/** Compiles the expressions of one template. */
export class PathCompiler {
  readonly #fhirPath: FhirPath
  readonly #type: string | undefined

  /** @param type of what the expressions are evaluated on; results of an expression bring their own, where they have members */
  constructor(fhirPath: FhirPath, type?: string) {
    this.#fhirPath = fhirPath
    this.#type = type
  }

  /**
   * An expression that fails on this response has no result, which is told as a doubt.
   * @param at the element of the template that has the expression
   * @throws SyntaxError where the text is no FHIRPath
   */
  compile(expression: string, at: string): (place: Place) => readonly unknown[] {
    const evaluate = this.#fhirPath.compile(expression, this.#type)
    return ({ context, environment, doubt }) => {
      try {
        return evaluate(context, environment)
      } catch {
        doubt('extract-failed', at)
        return []
      }
    }
  }

  /** For the expressions inside a context. */
  inside(): PathCompiler {
    return new PathCompiler(this.#fhirPath)
  }
}

const maxRepetitions = 200

/** The places inside a context: one for each result, and no more than a form can mean. */
export function placesIn(
  place: Place,
  results: readonly unknown[],
  name: string | undefined,
  at: string
): readonly Place[] {
  if (results.length > maxRepetitions) place.doubt('extract-limit', at)
  return results.slice(0, maxRepetitions).map(context => ({
    ...place,
    context,
    environment: name === undefined ? place.environment : { ...place.environment, [name]: context }
  }))
}
