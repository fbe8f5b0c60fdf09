import type { Bilingual, Issue } from '../outcome/issue.ts'
import { Place } from './place.ts'

/** A rule that a document can break: its stable key, the FHIR issue-type code and the words. Never content. */
export interface Rule {
  readonly key: string
  readonly code: string
  readonly severity?: Issue['severity']
  readonly text: Bilingual
  readonly fix: Bilingual
}

/** More would not be read; a document that breaks so many rules is the wrong document. */
export const maxIssues = 100

/** The finding that `rule` is broken at `expression`. */
export function issueOf({ key, code, severity = 'error', text, fix }: Rule, expression: string): Issue {
  return { severity, code, rule: key, expression, text, fix }
}

/** Collects what is wrong, at most 100 issues, while a check walks through a resource. */
export class Findings extends Place {
  readonly issues: Issue[] = []

  /** Notes that the rule is broken here, or at the element `name` below here. */
  add(rule: Rule, name?: string): void {
    if (this.issues.length < maxIssues) this.issues.push(issueOf(rule, this.expression(name)))
  }
}
