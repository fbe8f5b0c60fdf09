import type { Issue } from '../../outcome/issue.ts'
import type { Refusal } from '../../outcome/refusal.ts'
import type { Terminal } from './command.ts'

/** A refusal as findings: its own, or itself where it has none. */
export function issuesOf({ key, entry, at, issues }: Refusal): readonly Issue[] {
  if (issues.length > 0) return issues
  const { issue: code, ja, en, fix } = entry
  return [{ severity: 'error', code, rule: key, expression: at.join(' '), text: { ja, en }, fix }]
}

/** Prints findings for people: place and key, then the words in both languages. */
export function printIssues(issues: readonly Issue[], terminal: Pick<Terminal, 'out'>): void {
  for (const { severity, rule, expression, text, fix } of issues) {
    terminal.out(`${severity} ${rule}${expression === '' ? '' : ` ${expression}`}`)
    terminal.out(`  ${text.ja}${fix ? ` ${fix.ja}` : ''}`)
    terminal.out(`  ${text.en}${fix ? ` ${fix.en}` : ''}`)
  }
}
