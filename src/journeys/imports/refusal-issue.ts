import type { Issue } from '../../outcome/issue.ts'
import type { Refusal } from '../../outcome/refusal.ts'

/** A refusal of one row, as the issue that its result shows. */
export function refusalIssue({ key, entry }: Refusal, column: string): Issue {
  const { issue, ja, en, fix } = entry
  return { severity: 'error', code: issue, rule: key, expression: column, text: { ja, en }, fix }
}
