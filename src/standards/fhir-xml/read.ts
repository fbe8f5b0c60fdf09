import { faultOfXhtml, xhtmlNamespace } from './narrative.ts'
import { numberOf } from './number-text.ts'
import { type Element, type Handlers, type Parsing, parseXml } from './parse.ts'
import type { Member, Shape, Shapes } from './shape.ts'

export const fhirNamespace = 'http://hl7.org/fhir'

/** FHIR decimal and integers, which are the numbers of JSON. */
const numberPattern = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/u

type Members = Record<string, unknown>

/** An element that is open. */
type Level =
  | {
      readonly kind: 'members'
      readonly shape: Shape
      readonly members: Members
      last: Member | undefined
      close: () => void
    }
  | { readonly kind: 'resource'; resource: Members | undefined; readonly close: (resource: Members) => void }
  | { readonly kind: 'xhtml'; depth: number; readonly start: number; readonly close: (div: string) => void }

/**
 * A resource in XML as plain values; numbers print with `JSON.stringify` as they were written.
 * @throws XmlError
 */
export function readXml(text: string, maxDepth: number, shapes: Shapes): Members {
  let root: Members | undefined
  parseXml(text, { maxDepth, isDocument: true }, parsing =>
    resourceReader(parsing, shapes, resource => {
      root = resource
    })
  )
  return root!
}

function resourceReader(parsing: Parsing, shapes: Shapes, done: (resource: Members) => void): Handlers {
  const invalid = (cause: string) => parsing.fault('invalid-xml', cause)
  const levels: Level[] = [{ kind: 'resource', resource: undefined, close: done }]

  const openResource = (element: Element, wrapper: Extract<Level, { kind: 'resource' }>) => {
    if (wrapper.resource) throw invalid('a second resource in one element')
    const shape = shapes.resource(element.local)
    if (!shape) throw parsing.fault('unknown-type', 'a resource type that is not known here')
    const members: Members = { resourceType: element.local }
    wrapper.resource = members
    if (element.attributes.length > 0) throw invalid('an attribute that FHIR does not have')
    levels.push({ kind: 'members', shape, members, last: undefined, close: () => {} })
  }

  const openMember = (element: Element, parent: Extract<Level, { kind: 'members' }>) => {
    const member = parent.shape.members.get(element.local)
    if (!member) throw invalid('an element that FHIR does not have here')
    const isXhtml = member.content.kind === 'xhtml'
    if (element.namespace !== (isXhtml ? xhtmlNamespace : fhirNamespace)) throw invalid('another namespace')
    const { last } = parent
    if (last && (last === member ? !member.isList : last.order >= member.order))
      throw invalid(last === member ? 'a second element where there is one' : 'an element out of order')
    parent.last = member
    levels.push(levelOf(element, member, parent.members))
  }

  const levelOf = (element: Element, member: Member, into: Members): Level => {
    const { content } = member
    if (content.kind === 'xhtml') {
      const cause = faultOfXhtml(element)
      if (cause) throw invalid(cause)
      const close = (div: string) => put(into, member, div)
      return { kind: 'xhtml', depth: 1, start: element.start, close }
    }
    if (content.kind === 'resource') {
      if (element.attributes.length > 0) throw invalid('an attribute that FHIR does not have')
      return { kind: 'resource', resource: undefined, close: resource => put(into, member, resource) }
    }
    const members: Members = {}
    if (content.kind === 'complex') {
      const shape = content.shape()
      takeAttributes(element, shape, members)
      return { kind: 'members', shape, members, last: undefined, close: () => put(into, member, members) }
    }
    const value = element.attributes.find(({ name }) => name === 'value')?.value
    const read = value === undefined ? undefined : primitive(value, content.form)
    takeAttributes(
      { ...element, attributes: element.attributes.filter(({ name }) => name !== 'value') },
      shapes.element,
      members
    )
    const close = () => {
      const hasMore = Object.keys(members).length > 0
      if (read === undefined && !hasMore) throw invalid('an element without value')
      put(into, member, read, hasMore ? members : undefined)
    }
    return { kind: 'members', shape: shapes.element, members, last: undefined, close }
  }

  const takeAttributes = ({ attributes }: Element, shape: Shape, members: Members) => {
    for (const { name, value } of attributes) {
      if (!shape.attributes.has(name)) throw invalid('an attribute that FHIR does not have')
      members[name] = value
    }
  }

  const primitive = (value: string, form: 'text' | 'number' | 'boolean'): unknown => {
    if (form === 'text') return value
    if (form === 'number') {
      if (!numberPattern.test(value)) throw invalid('a value that is no number')
      return numberOf(value)
    }
    if (value !== 'true' && value !== 'false') throw invalid('a value that is neither true nor false')
    return value === 'true'
  }

  return {
    open: element => {
      const level = levels.at(-1)!
      if (level.kind === 'xhtml') {
        const cause = faultOfXhtml(element)
        if (cause) throw invalid(cause)
        level.depth++
        return
      }
      if (level.kind === 'members') return openMember(element, level)
      if (element.namespace !== fhirNamespace) throw invalid('another namespace')
      openResource(element, level)
    },
    close: end => {
      const level = levels.at(-1)!
      if (level.kind === 'xhtml') {
        if (--level.depth > 0) return
        level.close(parsing.text.slice(level.start, end))
      } else if (level.kind === 'members') level.close()
      else if (level.resource) level.close(level.resource)
      else throw invalid('an element without resource')
      levels.pop()
      if (levels.length === 1) {
        const [outermost] = levels as [Extract<Level, { kind: 'resource' }>]
        outermost.close(outermost.resource!)
      }
    },
    text: () => {
      if (levels.at(-1)!.kind !== 'xhtml') throw invalid('text where FHIR has none')
    }
  }
}

/** Lists of primitives and of what belongs to them keep step by nulls, and are left out where they hold nothing else. */
function put(into: Members, { name, isList, content }: Member, value: unknown, more?: Members): void {
  const sibling = `_${name}`
  if (!isList) {
    if (value !== undefined) into[name] = value
    if (more) into[sibling] = more
    return
  }
  if (content.kind !== 'primitive') {
    into[name] ??= []
    ;(into[name] as unknown[]).push(value)
    return
  }
  const before = ((into[name] ?? into[sibling]) as unknown[] | undefined)?.length ?? 0
  const add = (key: string, added: unknown) => {
    if (added === undefined && into[key] === undefined) return
    into[key] ??= new Array(before).fill(null)
    ;(into[key] as unknown[]).push(added ?? null)
  }
  add(name, value)
  add(sibling, more)
}
