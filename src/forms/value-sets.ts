import type { CodeSystem, CodeSystemConcept, Coding, ValueSet, ValueSetExpansionContains } from '@medplum/fhirtypes'

/** Codes of a value set that a form names; undefined where they are not known. */
export type ValueSetLookup = (canonical: string) => readonly Coding[] | undefined

/** The concepts of a code system that is complete, by its canonical; undefined for any other. */
type ConceptLookup = (canonical: string) => readonly Coding[] | undefined

/** At most so many codes of one value set: a longer list is one for a terminology server. */
const mostCodes = 100_000
/** value sets made of value sets, one inside the other */
const deepest = 8

/**
 * Looks value sets up among those given, by `url` or `url|version`: their expansion, or what they include code by code,
 * as whole code systems, or as other value sets. What asks for a filter, an exclusion or a code system that is not given
 * whole is unknown (rule 39 then warns).
 * @param beyond where those are looked up that were not given
 */
export function valueSetLookup(
  valueSets: readonly ValueSet[],
  codeSystems: readonly CodeSystem[] = [],
  beyond: ValueSetLookup = nowhere
): ValueSetLookup {
  const sets = byCanonical(valueSets)
  const systems = byCanonical(codeSystems)
  const concepts: ConceptLookup = canonical => {
    const system = systems.get(canonical)
    return system?.content === 'complete' ? flatten(system.concept, system.url) : undefined
  }
  const known = new Map<string, readonly Coding[] | undefined>()
  const look = (canonical: string, depth: number): readonly Coding[] | undefined => {
    if (known.has(canonical)) return known.get(canonical)
    const set = sets.get(canonical)
    if (!set) return beyond(canonical)
    const codes = depth < deepest ? codesOf(set, concepts, inner => look(inner, depth + 1)) : undefined
    if (depth === 0) known.set(canonical, codes)
    return codes
  }
  return canonical => look(canonical, 0)
}

function byCanonical<R extends { readonly url?: string; readonly version?: string }>(
  resources: readonly R[]
): ReadonlyMap<string, R> {
  const all = new Map<string, R>()
  for (const each of resources) {
    if (each.url === undefined) continue
    // without a version the first that was given is meant
    if (!all.has(each.url)) all.set(each.url, each)
    if (each.version !== undefined) all.set(`${each.url}|${each.version}`, each)
  }
  return all
}

const nowhere = () => undefined

/**
 * The codes of one value set; undefined where it cannot be told which they are.
 * @param concepts concepts of whole code systems
 * @param other value sets that it includes
 */
export function codesOf(
  set: ValueSet,
  concepts: ConceptLookup = nowhere,
  other: ValueSetLookup = nowhere
): readonly Coding[] | undefined {
  if (set.expansion?.contains) {
    const codes = expanded(set.expansion.contains)
    // a page of an expansion is not the whole of it
    const { total = 0, offset = 0 } = set.expansion
    return offset > 0 || total > set.expansion.contains.length ? undefined : codes
  }
  const { include = [], exclude = [] } = set.compose ?? {}
  if (include.length === 0 || exclude.length > 0) return undefined
  const all: Coding[] = []
  for (const each of include) {
    const codes = included(each, concepts, other)
    if (!codes || all.length + codes.length > mostCodes) return undefined
    all.push(...codes)
  }
  return all
}

type Include = NonNullable<NonNullable<ValueSet['compose']>['include']>[number]

function included(include: Include, concepts: ConceptLookup, other: ValueSetLookup): readonly Coding[] | undefined {
  if (include.filter) return undefined
  const { system, version, concept, valueSet = [] } = include
  const lists: (readonly Coding[] | undefined)[] = valueSet.map(other)
  if (concept) lists.push(concept.flatMap(each => coding(system, each)))
  else if (system !== undefined) lists.push(concepts(version === undefined ? system : `${system}|${version}`))
  const [first, ...rest] = lists
  if (!first) return undefined
  // a code has to be in all that one include names
  return rest.reduce<readonly Coding[] | undefined>((codes, list) => {
    const keys = list && new Set(list.map(keyOf))
    return keys && codes?.filter(each => keys.has(keyOf(each)))
  }, first)
}

const keyOf = ({ system, code }: Coding): string => `${system ?? ''}|${code}`

/** Entries of an expansion in their hierarchy; abstract ones only hold others. */
function expanded(contains: readonly ValueSetExpansionContains[]): readonly Coding[] {
  const all: Coding[] = []
  const waiting = [...contains]
  for (let each = waiting.pop(); each; each = waiting.pop()) {
    if (each.abstract !== true) all.push(...coding(each.system, each))
    waiting.push(...(each.contains ?? []))
  }
  return all
}

function flatten(concepts: readonly CodeSystemConcept[] | undefined, system: string | undefined): readonly Coding[] {
  const all: Coding[] = []
  const waiting = [...(concepts ?? [])]
  for (let each = waiting.pop(); each; each = waiting.pop()) {
    all.push(...coding(system, each))
    waiting.push(...(each.concept ?? []))
  }
  return all
}

function coding(
  system: string | undefined,
  { code, display }: { readonly code?: string; readonly display?: string }
): readonly Coding[] {
  if (code === undefined) return []
  return [{ ...(system === undefined ? {} : { system }), code, ...(display === undefined ? {} : { display }) }]
}
