import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { loadDataType, validateResource } from '@medplum/core'
import type { AuditEvent, Coding, ElementDefinition, StructureDefinition, ValueSet } from '@medplum/fhirtypes'

/** Checks AuditEvents against FHIR R4 and against the profiles of IHE BALP that lie in `fixtures/balp`. */

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))

for (const definition of read('profiles/r4/structure-definitions.json') as StructureDefinition[]) {
  loadDataType(definition)
}
const profiles = new Map(
  (read('fixtures/balp/structure-definitions.json') as StructureDefinition[]).map(profile => [profile.url!, profile])
)
const valueSets = new Map((read('fixtures/balp/value-sets.json') as ValueSet[]).map(set => [set.url!, set]))

export const balpUrl = (name: string) => `https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${name}`

/** @throws OperationOutcomeError */
export const checkBase = (event: AuditEvent) => validateResource(event)

/**
 * @returns what does not fit: by Medplum (root, cardinality, fixed values, slice counts), and by a reading of our own of
 *   what Medplum passes over, the inside of slices, closed slicing and required bindings
 */
export function problemsWith(event: AuditEvent, name: string): readonly string[] {
  const profile = profiles.get(balpUrl(name))
  if (profile === undefined) throw new TypeError(`no profile ${name}`)
  return [...byMedplum(event, profile), ...bySlices(event, profile.snapshot!.element)]
}

function byMedplum(event: AuditEvent, profile: StructureDefinition): readonly string[] {
  try {
    validateResource(event, { profile: withoutBoundSlices(profile) })
    return []
  } catch (error) {
    return [String(error)]
  }
}

/** Medplum does not look into value sets, and so takes everything for part of a slice that only a binding tells apart. */
function withoutBoundSlices(profile: StructureDefinition): StructureDefinition {
  const elements = profile.snapshot!.element
  const bound = elements
    .filter(({ id }) => /:[^.]+$/.test(id!))
    .filter(slice => !hasPattern(elements.find(({ id }) => id === `${slice.id}.type`) ?? slice))
    .map(({ id }) => id!)
  const element = elements.filter(({ id }) => !bound.some(slice => id === slice || id!.startsWith(`${slice}.`)))
  return { ...profile, url: `${profile.url}#without-bound-slices`, snapshot: { element } }
}

const hasPattern = (element: ElementDefinition): boolean =>
  Object.keys(element).some(name => name.startsWith('pattern'))

type Node = Readonly<Record<string, unknown>>

function bySlices(event: AuditEvent, elements: readonly ElementDefinition[]): readonly string[] {
  return ['subtype', 'agent', 'entity'].flatMap(name => {
    const items = ((event as unknown as Node)[name] ?? []) as readonly Node[]
    const root = elements.find(({ id }) => id === `AuditEvent.${name}`)!
    const slices = elements.filter(({ id }) => new RegExp(`^AuditEvent\\.${name}:[^.]+$`).test(id!))
    const found = slices.map(slice => items.filter(item => isIn(item, slice, elements)))
    return [
      ...items.filter(item => !isBound(item, root)).map(() => `${name}: binding`),
      ...(root.slicing?.rules === 'closed' && found.flat().length < items.length ? [`${name}: closed`] : []),
      ...slices.flatMap((slice, index) => [
        ...counted(slice, found[index]!),
        ...found[index]!.flatMap(item => inside(item, slice.id!, elements))
      ])
    ]
  })
}

/** Slices of agents and entities are told apart by `type`, those of subtypes by the whole value. */
function isIn(item: Node, slice: ElementDefinition, elements: readonly ElementDefinition[]): boolean {
  const type = elements.find(({ id }) => id === `${slice.id}.type`)
  const [rule, value] = type === undefined ? [slice, item] : [type, item.type]
  return value !== undefined && isPattern(rule, value) && isBound(value as Node, rule)
}

function inside(item: Node, sliceId: string, elements: readonly ElementDefinition[]): readonly string[] {
  return elements
    .filter(({ id }) => id!.startsWith(`${sliceId}.`) && !id!.endsWith('[x]'))
    .flatMap(element => {
      const steps = element.id!.slice(sliceId.length + 1).split('.')
      const parents = steps.slice(0, -1).reduce<readonly unknown[]>(children, [item])
      return parents.flatMap(parent => {
        const values = children([parent], steps.at(-1)!)
        return [
          ...counted(element, values),
          ...values
            .filter(value => !isPattern(element, value) || !isBound(value as Node, element))
            .map(() => element.id!)
        ]
      })
    })
}

const children = (nodes: readonly unknown[], name: string): readonly unknown[] =>
  nodes.flatMap(node => (node as Node)[name] ?? [])

function counted({ id, min = 0, max = '*' }: ElementDefinition, values: readonly unknown[]): readonly string[] {
  return values.length < min || (max !== '*' && values.length > Number(max)) ? [`${id}: ${values.length}`] : []
}

function isPattern(element: ElementDefinition, value: unknown): boolean {
  const [, pattern] = Object.entries(element).find(([name]) => name.startsWith('pattern')) ?? []
  return pattern === undefined || contains(value, pattern)
}

function contains(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every(part => value.some(one => contains(one, part)))
  }
  if (typeof pattern === 'object' && pattern !== null) {
    return Object.entries(pattern).every(([name, part]) => contains((value as Node)[name], part))
  }
  return isDeepStrictEqual(value, pattern)
}

/** Value sets of R4 itself are checked with the base definitions. */
function isBound(value: Node, { binding }: ElementDefinition): boolean {
  const set = binding?.strength === 'required' ? valueSets.get(binding.valueSet ?? '') : undefined
  if (set === undefined) return true
  const codings = (value.coding ?? [value]) as readonly Coding[]
  return codings.some(({ system, code }) =>
    set.compose!.include.some(
      include => include.system === system && (include.concept ?? [{ code }]).some(concept => concept.code === code)
    )
  )
}
