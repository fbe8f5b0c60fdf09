/** Files that are no keys, or that others can read: which and why, one a problem, never what is in them. */
export class KeyFileError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'KeyFileError'
    this.problems = problems
  }
}

/** Opens several files and keeps what is wrong with each, so that all of it is told at once. */
export function notingProblems() {
  const problems: string[] = []
  return {
    problems,
    /** @returns undefined where a KeyFileError was noted */
    opened<Value>(open: () => Value): Value | undefined {
      try {
        return open()
      } catch (error) {
        if (!(error instanceof KeyFileError)) throw error
        problems.push(...error.problems)
        return undefined
      }
    }
  }
}
