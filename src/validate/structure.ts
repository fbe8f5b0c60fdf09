import type { Issue } from '../outcome/issue.ts'
import type { RequiredCodes, StructureDefinition } from './definitions.ts'
import { checkExtension } from './extensions.ts'
import { Findings } from './findings.ts'
import { Container, type Invariant } from './invariants.ts'
import { isMembers, type Members } from './members.ts'
import { type Content, compileShapes, remembered, type Shape, type Shapes, type Slot } from './shapes.ts'
import * as rules from './structure-rules.ts'

export interface StructureCheck {
  /** whether there is a definition of the resource type, so that `check` can be asked for it */
  knows(type: string): boolean
  /**
   * Everything in which `resource` is not FHIR R4, at most 100 issues.
   * @param resource parsed JSON of bounded depth
   * @param root the resource type that belongs here; the first step of every expression
   */
  check(resource: unknown, root: string): Issue[]
}

/**
 * Compiles R4 snapshots, so that a check is one walk over the resource with one look-up a member: unknown elements,
 * types and values of primitives, cardinalities, choices, `required` bindings, emptiness, the `_value` siblings of
 * primitives, contained resources, and the invariants of R4 (`invariants.ts`). Extensions may hold what extensions can
 * hold; modifier extensions are refused, since we know none.
 * @param definitions all data types, and the resource types that are let through
 * @throws TypeError where definitions, codes or primitives lack what another refers to
 * @see FHIR R4 json.html, extensibility.html, conformance-rules.html
 */
export function compileStructure(definitions: readonly StructureDefinition[], codes: RequiredCodes): StructureCheck {
  const shapes = compileShapes(definitions, codes)
  return {
    knows(type) {
      const shape = shapes.get(type)
      return shape?.isResource === true && !shape.isAbstract
    },
    check(resource, root) {
      const shape = shapes.get(root)
      if (!shape?.isResource) throw new TypeError(`no definition of the resource ${root}`)
      const findings = new Findings(root)
      if (!isMembers(resource)) findings.add(rules.typeRules.object)
      else if (resource.resourceType !== root) findings.add(rules.resourceType)
      else checkMembers({ findings, shapes, container: new Container(resource) }, shape, resource)
      return findings.issues
    }
  }
}

interface Walk {
  readonly findings: Findings
  readonly shapes: Shapes
  readonly container: Container
}

function checkMembers(walk: Walk, shape: Shape, members: Members): void {
  const { findings } = walk
  let seen = 0
  let twice = 0
  let position = 0
  for (const name in members) {
    const slot = slotOf(shape, name, position++)
    if (slot === undefined) {
      findings.add(rules.unknownElement, name)
      continue
    }
    twice |= seen & slot.bit
    seen |= slot.bit
    findings.enter(slot.name)
    checkSlot(walk, slot, members[name], members)
    findings.leave()
  }
  if ((seen & shape.required) !== shape.required) {
    for (const { name, bit } of shape.requiredElements) if ((seen & bit) === 0) findings.add(rules.tooFew, name)
  }
  if (twice !== 0) checkChoices(findings, shape, members)
  if (shape.isExtension && Object.hasOwn(members, 'extension') === ((seen & shape.choices[0]!.bit) !== 0)) {
    findings.add(rules.extensionContent)
  }
  if (shape.isExtension) checkExtension(findings, members)
  checkInvariants(walk, shape.invariants, members)
}

/** Who writes a resource writes its members in the order of the last one: then no look-up is needed. */
function slotOf({ slots, lastNames, lastSlots }: Shape, name: string, position: number): Slot | undefined {
  if (lastNames[position] === name) return lastSlots[position]
  const slot = slots.get(name)
  if (slot !== undefined && position < remembered) {
    lastNames[position] = name
    lastSlots[position] = slot
  }
  return slot
}

function checkChoices(findings: Findings, { choices }: Shape, members: Members): void {
  for (const { name, members: names } of choices) {
    const present = names.filter(each => Object.hasOwn(members, each) || Object.hasOwn(members, `_${each}`))
    if (present.length > 1) findings.add(rules.severalTypes, name)
  }
}

function checkInvariants({ findings, container }: Walk, invariants: readonly Invariant[], element: Members): void {
  for (const { rule, holds } of invariants) if (!holds(element, container)) findings.add(rule)
}

function checkSlot(walk: Walk, slot: Slot, value: unknown, around: Members): void {
  const { content, isList } = slot
  if (content.kind === 'resource-type') return
  if (content.kind === 'refused') {
    walk.findings.add(content.rule)
    return
  }
  if (isList) checkList(walk, slot, value, around)
  else if (Array.isArray(value) && value.length > 1) walk.findings.add(rules.tooMany)
  else checkOne(walk, slot, content, value, content.kind === 'sibling' ? around[content.partner] : undefined)
}

function checkList(walk: Walk, slot: Slot, value: unknown, around: Members): void {
  const { findings } = walk
  const { content } = slot
  if (!Array.isArray(value)) {
    findings.add(rules.typeRules.array)
    return
  }
  if (value.length === 0) findings.add(rules.empty)
  for (let i = 0; i < value.length; i++) {
    // Asked for only where it matters: to look for what is nearly never there takes longer than all else.
    const other = value[i] === null || content.kind === 'sibling' ? partnerOf(content, around, i) : undefined
    // In lists of primitives, null keeps the place of a value or of extensions that are not there.
    if (value[i] === null && isMembersOrValue(other)) continue
    findings.enter(i)
    checkOne(walk, slot, content, value[i], other)
    findings.leave()
  }
}

function partnerOf(content: Content, around: Members, index: number): unknown {
  const partner = content.kind === 'value' || content.kind === 'sibling' ? around[content.partner] : undefined
  return Array.isArray(partner) ? partner[index] : undefined
}

const isMembersOrValue = (value: unknown): boolean => value !== null && value !== undefined

function checkOne(walk: Walk, slot: Slot, content: Content, value: unknown, partner: unknown): void {
  switch (content.kind) {
    case 'value':
      checkValue(walk.findings, content, value)
      return
    case 'sibling':
      checkObject(walk, content.shape, value, isMembersOrValue(partner))
      return
    case 'object':
      if (checkObject(walk, content.shape, value, false)) checkInvariants(walk, slot.invariants, value as Members)
      return
    case 'resource':
      checkResource(walk, value, content.isContained)
  }
}

function checkValue(
  findings: Findings,
  { primitive, codes }: Extract<Content, { readonly kind: 'value' }>,
  value: unknown
): void {
  if (value === null || value === '') findings.add(rules.empty)
  else if (typeof value !== primitive.json) findings.add(rules.typeRules[primitive.json])
  else if (!primitive.takes(value as never)) findings.add(primitive.rule)
  else if (codes && !codes.has(value as string)) findings.add(rules.requiredBinding)
}

/** @returns whether it is an object with something in it */
function checkObject(walk: Walk, shape: Shape, value: unknown, mayHoldOnlyId: boolean): boolean {
  if (!isMembers(value)) {
    walk.findings.add(value === null ? rules.empty : rules.typeRules.object)
    return false
  }
  if (holdsNothing(value, mayHoldOnlyId)) {
    walk.findings.add(rules.empty)
    return false
  }
  checkMembers(walk, shape, value)
  return true
}

function holdsNothing(members: Members, mayHoldOnlyId: boolean): boolean {
  for (const name in members) if (name !== 'id' || mayHoldOnlyId) return false
  return true
}

function checkResource(walk: Walk, value: unknown, isContained: boolean): void {
  const { findings, shapes } = walk
  if (!isMembers(value)) {
    findings.add(rules.typeRules.object)
    return
  }
  const shape = typeof value.resourceType === 'string' ? shapes.get(value.resourceType) : undefined
  if (!shape?.isResource || shape.isAbstract) findings.add(rules.resourceType)
  else checkMembers(isContained ? walk : { findings, shapes, container: new Container(value) }, shape, value)
}
