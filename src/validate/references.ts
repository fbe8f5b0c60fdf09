import type { Issue } from '../outcome/issue.ts'
import { documentRules } from './document-rules.ts'
import { issueOf } from './findings.ts'
import { type Members, textAt } from './members.ts'
import type { Part, Parts } from './parts.ts'
import { Place, walk } from './place.ts'
import { notReference, type Survey, survey } from './survey.ts'

/**
 * A document is closed: every reference leads to one of its entries, and from the Composition every entry can be
 * reached. What lies outside could change after it was signed; what nothing leads to would be read by nobody and yet
 * be signed.
 * @see FHIR R4 documents.html#content
 */
export function checkReferences(bundle: Members, parts: Parts): readonly Issue[] {
  const issues: Issue[] = []
  for (const part of parts.all) checkTargets(part.resource, part.survey, `${part.place}.resource`, parts, issues)
  checkTargets(bundle.signature, survey(bundle.signature), 'Bundle.signature', parts, issues)
  const [composition] = parts.ofType('Composition')
  if (!composition) return issues
  const reached = new Set<Part>([composition])
  // A set is walked in the order of insertion, what is added on the way included.
  for (const part of reached) {
    for (const reference of part.survey.references) {
      const target = parts.at(reference)
      if (target) reached.add(target)
    }
  }
  for (const part of parts.all) if (!reached.has(part)) issues.push(issueOf(documentRules.unreachable, part.place))
  return issues
}

function checkTargets(value: unknown, { references }: Survey, root: string, parts: Parts, issues: Issue[]): void {
  if (references.every(reference => parts.at(reference) !== undefined)) return
  const place = new Place(root)
  walk(value, place, (object, name) => {
    const reference = name === notReference ? undefined : textAt(object, 'reference')
    if (reference !== undefined && !parts.at(reference)) {
      issues.push(issueOf(documentRules.reference, place.expression('reference')))
    }
  })
}
