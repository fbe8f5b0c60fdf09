import type { FormIssue } from '../form.ts'

/** A Questionnaire that is no form: every fault that was found, each with its place in the Questionnaire. */
export class FormFault extends TypeError {
  override readonly name = 'FormFault'
  readonly issues: readonly FormIssue[]

  constructor(canonical: string, issues: readonly FormIssue[]) {
    const lines = issues.map(
      ({ rule, expression, linkId, text }) => `${rule} ${expression} ${linkId ?? ''}: ${text.en}`
    )
    super(`${canonical} is no form\n${lines.join('\n')}`)
    this.issues = issues
  }
}
