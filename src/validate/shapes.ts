import type { ElementDefinition, ElementType, RequiredCodes, StructureDefinition } from './definitions.ts'
import type { Rule } from './findings.ts'
import { type Invariant, invariants } from './invariants.ts'
import { type Primitive, primitives } from './primitives.ts'
import { implicitRules, modifier } from './structure-rules.ts'

/** How many members of an object are remembered by their order. */
export const remembered = 16

/** What one object may hold. */
export interface Shape {
  readonly isResource: boolean
  readonly isAbstract: boolean
  readonly isExtension: boolean
  /** by the name of the JSON member, `_value` siblings included */
  readonly slots: ReadonlyMap<string, Slot>
  /** the members that were last seen first, second, … with their slots: kept by the walk, to look up less */
  readonly lastNames: (string | undefined)[]
  readonly lastSlots: (Slot | undefined)[]
  /** bits of all elements that must be there */
  readonly required: number
  readonly requiredElements: readonly { readonly name: string; readonly bit: number }[]
  /** elements with a choice of types, each with the members of which one may be there */
  readonly choices: readonly { readonly name: string; readonly bit: number; readonly members: readonly string[] }[]
  readonly invariants: readonly Invariant[]
}

/** One JSON member that a shape knows. */
export interface Slot {
  /** the step in FHIRPath: `value` for both `valueString` and `_valueString` */
  readonly name: string
  readonly isList: boolean
  /** set where the element must be there or has a choice of types, 0 otherwise */
  readonly bit: number
  readonly content: Content
  /** what the element asks for beyond its type */
  readonly invariants: readonly Invariant[]
}

/** `partner` is the member with the extensions that belong to a value, or with the value that belongs to extensions. */
export type Content =
  | {
      readonly kind: 'value'
      readonly partner: string
      readonly primitive: Primitive
      readonly codes: Codes | undefined
    }
  | { readonly kind: 'sibling'; readonly partner: string; readonly shape: Shape }
  | { readonly kind: 'object'; readonly shape: Shape }
  | { readonly kind: 'resource'; readonly isContained: boolean }
  | { readonly kind: 'resource-type' }
  | { readonly kind: 'refused'; readonly rule: Rule }

type Codes = ReadonlySet<string>

/** By name of the type (`Period`, `SimpleQuantity`), or path of an element with content of its own (`Bundle.entry`). */
export type Shapes = ReadonlyMap<string, Shape>

interface Draft extends Shape {
  readonly slots: Map<string, Slot>
  required: number
  readonly requiredElements: { readonly name: string; readonly bit: number }[]
  readonly choices: { readonly name: string; readonly bit: number; readonly members: readonly string[] }[]
  nextBit: number
}

/** @throws TypeError where definitions, codes or primitives lack what another refers to */
export function compileShapes(definitions: readonly StructureDefinition[], codes: RequiredCodes): Shapes {
  const drafts = new Map<string, Draft>()
  const complex = definitions.filter(({ kind }) => kind !== 'primitive-type')
  // First all shapes, since types refer to each other in circles.
  for (const definition of complex) {
    for (const path of pathsWithContent(definition)) drafts.set(path, draft(definition, path))
  }
  const allowed = new Map(
    Object.entries(codes.closed).map(([url, systems]) => [url, new Set(Object.values(systems).flat())])
  )
  const bound = (valueSet: string): Codes | undefined => {
    if (!allowed.has(valueSet) && codes.open[valueSet] === undefined) throw new TypeError(`no codes for ${valueSet}`)
    return allowed.get(valueSet)
  }
  for (const definition of complex) {
    for (const element of definition.snapshot.element) addElement(drafts, definition, element, bound)
  }
  return drafts
}

/** The type itself, and each element below which others stand. */
function pathsWithContent(definition: StructureDefinition): ReadonlySet<string> {
  const parents = definition.snapshot.element.slice(1).map(({ path }) => keyOf(definition, parentOf(path)))
  return new Set([definition.name, ...parents])
}

/** Elements of a constraint such as SimpleQuantity bear the path of the type that it constrains. */
const keyOf = ({ name, type }: StructureDefinition, path: string): string => name + path.slice(type.length)
const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('.'))

function draft(definition: StructureDefinition, path: string): Draft {
  const { kind, abstract, name } = definition
  const element = definition.snapshot.element.find(each => keyOf(definition, each.path) === path)
  const isResource = kind === 'resource' && path === name
  const slots = new Map<string, Slot>()
  if (isResource) slots.set('resourceType', slot('resourceType', false, 0, { kind: 'resource-type' }))
  return {
    isResource,
    isAbstract: isResource && abstract,
    isExtension: path === 'Extension',
    slots,
    lastNames: Array(remembered).fill(undefined),
    lastSlots: Array(remembered).fill(undefined),
    required: 0,
    requiredElements: [],
    choices: [],
    invariants: element ? invariantsOf(element) : [],
    nextBit: 1
  }
}

function slot(
  name: string,
  isList: boolean,
  bit: number,
  content: Content,
  invariants: readonly Invariant[] = []
): Slot {
  return { name, isList, bit, content, invariants }
}

type Drafts = ReadonlyMap<string, Draft>
type Bound = (valueSet: string) => Codes | undefined

function addElement(drafts: Drafts, definition: StructureDefinition, element: ElementDefinition, bound: Bound): void {
  const key = keyOf(definition, element.path)
  if (element.path === definition.type || element.max === '0') return
  const parent = drafts.get(parentOf(key))!
  const last = element.path.slice(element.path.lastIndexOf('.') + 1)
  const isChoice = last.endsWith('[x]')
  const name = isChoice ? last.slice(0, -3) : last
  const isList = element.base.max !== '1'
  const bit = isChoice || element.min > 0 ? takeBit(parent) : 0
  if (element.min > 0) {
    parent.required |= bit
    parent.requiredElements.push({ name, bit })
  }
  const types = element.type ?? [{ code: 'contentReference' }]
  const members: string[] = []
  for (const type of types) {
    const member = isChoice ? name + type.code.charAt(0).toUpperCase() + type.code.slice(1) : name
    const content = contentOf(drafts, definition, element, type, member, bound)
    const further = content.kind === 'object' ? invariantsBeyond(content.shape, element) : []
    members.push(member)
    parent.slots.set(member, slot(name, isList, bit, content, further))
    if (content.kind !== 'value' || hasNoSibling(element, type)) continue
    const sibling: Content = { kind: 'sibling', partner: member, shape: drafts.get('Element')! }
    parent.slots.set(content.partner, slot(name, isList, bit, sibling))
  }
  if (isChoice) parent.choices.push({ name, bit, members })
}

function takeBit(shape: Draft): number {
  const bit = shape.nextBit
  if (bit > 1 << 29) throw new TypeError('more elements with a bit than an integer has')
  shape.nextBit = bit * 2
  return bit
}

/** In XML these are attributes or text, which have no extensions. */
function hasNoSibling({ representation = [] }: ElementDefinition, { code }: ElementType): boolean {
  return representation.includes('xmlAttr') || code === 'xhtml'
}

function contentOf(
  drafts: Drafts,
  definition: StructureDefinition,
  element: ElementDefinition,
  type: ElementType,
  member: string,
  bound: Bound
): Content {
  const key = keyOf(definition, element.path)
  const refused = refusals.get(member)
  if (refused) return { kind: 'refused', rule: refused }
  const name = drafts.has(key) ? key : nameOf(definition, element, type)
  const primitive = primitives.get(name)
  if (primitive) {
    const { strength, valueSet } = element.binding ?? {}
    const codes = strength === 'required' && valueSet !== undefined ? bound(valueSet) : undefined
    return { kind: 'value', partner: `_${member}`, primitive, codes }
  }
  const shape = drafts.get(name)
  if (!shape) throw new TypeError(`no definition of ${name}, the type of ${element.path}`)
  return shape.isResource ? { kind: 'resource', isContained: member === 'contained' } : { kind: 'object', shape }
}

/** Both change what the rest means in a way that we cannot know. */
const refusals: ReadonlyMap<string, Rule> = new Map([
  ['modifierExtension', modifier],
  ['implicitRules', implicitRules]
])

/** Name of the shape or primitive that the element has as its content. */
function nameOf(definition: StructureDefinition, element: ElementDefinition, type: ElementType): string {
  if (element.contentReference !== undefined) return element.contentReference.replace(/^.*#/, '')
  if (type.code === 'http://hl7.org/fhirpath/System.String') {
    // R4 calls the id of a resource a string by mistake, see resource.html#id.
    const isResourceId = definition.kind === 'resource' && element.path === `${definition.type}.id`
    return isResourceId ? 'id' : (type.extension?.find(({ valueUrl }) => valueUrl !== undefined)?.valueUrl ?? 'string')
  }
  return type.profile?.[0]?.replace(/^.*\//, '') ?? type.code
}

/** What is asked at this place beyond what the type always asks. */
function invariantsBeyond({ invariants }: Shape, element: ElementDefinition): readonly Invariant[] {
  return invariantsOf(element).filter(invariant => !invariants.includes(invariant))
}

function invariantsOf({ path, constraint = [] }: ElementDefinition): readonly Invariant[] {
  return constraint
    .filter(({ severity }) => severity === 'error')
    .flatMap(({ key }) => invariants.get(`${path}:${key}`) ?? invariants.get(key) ?? [])
}
