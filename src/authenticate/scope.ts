/**
 * Scopes of SMART v2 for systems: `system/<resource type or *>.<some of cruds, in this order>`. Plain JSON routes ask
 * for the scope of the resource they work on, so that there is one vocabulary. Search parameters behind a scope
 * (`?category=…`) are not known here and make it no scope at all.
 * @see SMART App Launch 2.2.0, "Scopes for requesting FHIR Resources"
 */
export interface SystemScope {
  /** a FHIR resource type, or `*` */
  readonly resource: string
  /** one or more of `cruds` */
  readonly interactions: string
}

const grammar = /^system\/(\*|[A-Z][A-Za-z]{0,63})\.(?=.)(c?r?u?d?s?)$/

/** @returns undefined for what is no scope of this grammar */
export function parseScope(text: string): SystemScope | undefined {
  const match = grammar.exec(text)
  return match === null ? undefined : { resource: match[1]!, interactions: match[2]! }
}

/** Splits a `scope` parameter or claim; each scope once, in its order (RFC 6749 section 3.3). */
export function splitScopes(text: string): readonly string[] {
  return [...new Set(text.split(' ').filter(scope => scope !== ''))]
}

/** Whether all interactions of `needed` are granted, be it by several scopes together. */
export function covers(scopes: Iterable<string>, needed: string): boolean {
  const asked = parseScope(needed)
  if (asked === undefined) return false
  let open = asked.interactions
  for (const text of scopes) {
    const scope = parseScope(text)
    if (scope === undefined || (scope.resource !== '*' && scope.resource !== asked.resource)) continue
    open = [...open].filter(letter => !scope.interactions.includes(letter)).join('')
    if (open === '') return true
  }
  return false
}
