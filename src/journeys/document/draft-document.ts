import type { Bundle, QuestionnaireResponse } from '@medplum/fhirtypes'
import { assembleDocument, responseEntry } from '../../document/assemble.ts'
import { type CaseSnapshot, memberOf } from '../../document/case.ts'
import type { Instant } from '../../document/ids.ts'
import { kinds } from '../../document/kinds.ts'
import type { Form } from '../../forms/form.ts'
import { fromPlain, type PlainIssue } from '../../forms/plain.ts'
import { plainPath } from '../../forms/plain-path.ts'
import type { Issue } from '../../outcome/issue.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { examine } from '../../validate/well-form.ts'
import type { Draft } from '../ports.ts'
import type { DepositParts } from './deposit.ts'
import type { DraftKind } from './draft.ts'

export interface DraftDocument {
  /** not signed */
  readonly bundle: Bundle
  /** all that a deposit would say, and what cannot be read at all; `expression` is a JSON pointer from the plain body */
  readonly issues: readonly Issue[]
}

/** The document that a draft would become now, and what stands against it. */
export function draftDocument(
  parts: DepositParts,
  snapshot: CaseSnapshot,
  kind: DraftKind,
  draft: Draft,
  at: Instant
): DraftDocument {
  const form = parts.forms.byKind(kind, draft.version)!
  const author = parts.partners.byParty(draft.party)!
  const { items, issues: unread } = fromPlain(form, draft.answers)
  const bundle = assembleDocument({
    kind: kinds[kind],
    questionnaire: form.canonical,
    items,
    author: { name: author.organizationName, identifier: author.organizationIdentifier },
    case: snapshot.identifier,
    subject: memberOf(snapshot, draft.organization)!.subject,
    identifier: draft.identifier,
    when: toInstant(at),
    uuid: parts.randomId
  })
  // as members of any name, which is what the examination takes
  const members = bundle as unknown as Record<string, unknown>
  const { issues } = examine(members, 'employer', parts.validation)
  const known = new Set(unread.map(({ path }) => path))
  return {
    bundle,
    issues: [
      ...unread.map(toIssue),
      // what could not be read also seems to be missing
      ...issues.map(issue => toPlainPlace(form, bundle, issue)).filter(issue => !known.has(issue.expression))
    ]
  }
}

const toIssue = ({ path, rule, text, fix }: PlainIssue): Issue => ({
  severity: 'error',
  code: 'invalid',
  rule,
  expression: path,
  text,
  fix
})

const root = `Bundle.entry[${responseEntry}].resource`

/** What is wrong outside the response concerns the body as a whole. */
function toPlainPlace(form: Form, bundle: Bundle, issue: Issue): Issue {
  if (!issue.expression.startsWith(root)) return { ...issue, expression: '' }
  const response = bundle.entry![responseEntry]!.resource as QuestionnaireResponse
  return { ...issue, expression: plainPath(form, response, root, issue) }
}
