import type { Issue } from '../outcome/issue.ts'
import { documentRules } from './document-rules.ts'
import { issueOf } from './findings.ts'
import { type Members, textAt } from './members.ts'
import type { Part, Parts } from './parts.ts'
import { Place, walk } from './place.ts'

/**
 * A document is closed: every reference leads to one of its entries, and from the Composition every entry can be
 * reached. What lies outside could change after it was signed; what nothing leads to would be read by nobody and yet
 * be signed.
 * @see FHIR R4 documents.html#content
 */
export function checkReferences(bundle: Members, parts: Parts): readonly Issue[] {
  const issues: Issue[] = []
  const targets = new Map(
    parts.all.map(part => [part, targetsOf(part.resource, `${part.place}.resource`, parts, issues)])
  )
  targetsOf(bundle.signature, 'Bundle.signature', parts, issues)
  const [composition] = parts.ofType('Composition')
  if (!composition) return issues
  const reached = new Set<Part>([composition])
  // A set is walked in the order of insertion, what is added on the way included.
  for (const part of reached) for (const target of targets.get(part) ?? []) reached.add(target)
  for (const part of parts.all) if (!reached.has(part)) issues.push(issueOf(documentRules.unreachable, part.place))
  return issues
}

function targetsOf(value: unknown, root: string, parts: Parts, issues: Issue[]): readonly Part[] {
  const targets: Part[] = []
  const place = new Place(root)
  walk(value, place, (object, name) => {
    const reference = textAt(object, 'reference')
    // The one other type with a member of this name: the address of an expression's library.
    if (reference === undefined || name === 'valueExpression') return
    const target = parts.at(reference)
    if (target) targets.push(target)
    else issues.push(issueOf(documentRules.reference, place.expression('reference')))
  })
  return targets
}
