/** Files that are no keys, or that others can read: which and why, one a problem, never what is in them. */
export class KeyFileError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'KeyFileError'
    this.problems = problems
  }
}
