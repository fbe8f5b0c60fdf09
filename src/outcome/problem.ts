import { codeSystem } from '../document/canonical.ts'
import type { RequestId } from '../document/ids.ts'
import type { RefusalKey } from './catalogue.ts'
import type { Issue } from './issue.ts'
import type { Language } from './language.ts'
import type { Refusal } from './refusal.ts'

/** Media type `application/problem+json`. */
export interface Problem {
  /** a URI whose fragment is the key */
  readonly type: string
  readonly title: string
  readonly status: number
  /** key of the catalogue, or of a rule below */
  readonly code: RefusalKey
  /** what probably helps; a defect of ours does not know */
  readonly detail?: string
  readonly errors?: readonly ProblemError[]
  readonly requestId: RequestId
}

export interface ProblemError {
  /** name of a parameter, JSON pointer into the body, or FHIRPath expression where the body is FHIR */
  readonly path: string
  /** key of the rule, or of the refusal where no single rule is behind it */
  readonly code: string
  readonly ja: string
  readonly en: string
  readonly fix?: string
}

/**
 * How a refusal reads on plain routes.
 * @see RFC 9457, contract §4
 */
export function problem(refusal: Refusal, language: Language, request: RequestId): Problem {
  const { entry, key } = refusal
  const errors = key === 'defect' ? [] : errorsOf(refusal, language)
  return {
    type: `${codeSystem('refusal')}#${key}`,
    title: entry[language],
    status: entry.status,
    code: key,
    ...(key !== 'defect' && { detail: entry.fix[language] }),
    ...(errors.length > 0 && { errors }),
    requestId: request
  }
}

function errorsOf({ key, entry, at, issues }: Refusal, language: Language): readonly ProblemError[] {
  if (issues.length === 0) {
    return at.map(path => ({ path, code: key, ja: entry.ja, en: entry.en, fix: entry.fix[language] }))
  }
  return issues.filter(({ severity }) => severity === 'error').map(issue => problemError(issue, language))
}

/** One issue as plain routes write it. */
export function problemError({ expression, rule, text, fix }: Issue, language: Language): ProblemError {
  return { path: expression, code: rule, ja: text.ja, en: text.en, ...(fix && { fix: fix[language] }) }
}
