import { checkedDiv } from './narrative.ts'
import { textOfNumber } from './number-text.ts'
import { fhirNamespace } from './read.ts'
import { notXml } from './scan.ts'
import type { Member, Shape, Shapes } from './shape.ts'
import { XmlError } from './xml-error.ts'

/**
 * A resource as XML, elements in the order of the definition.
 * @param resource plain values, numbers as `parseKeepingNumbers` reads them
 * @throws XmlError `unknown-type`, or `unwritable` for what XML cannot say or the definitions do not have
 */
export function writeXml(resource: unknown, shapes: Shapes): string {
  return resourceOf(resource, ` xmlns="${fhirNamespace}"`, '', shapes)
}

function resourceOf(resource: unknown, declaration: string, path: string, shapes: Shapes): string {
  const { resourceType, ...members } = membersOf(resource, path || 'resource')
  if (typeof resourceType !== 'string') throw unwritable('no resourceType', path || 'resource')
  const shape = shapes.resource(resourceType)
  if (!shape) throw new XmlError('unknown-type', 'a resource type that is not known here', { path: path || 'resource' })
  const inner = path === '' ? resourceType : path
  return `<${resourceType}${declaration}>${elementsOf(members, shape, inner, shapes)}</${resourceType}>`
}

function elementsOf(members: Record<string, unknown>, shape: Shape, path: string, shapes: Shapes): string {
  const present = new Set<Member>()
  for (const key of Object.keys(members)) {
    if (shape.attributes.has(key)) continue
    const member = shape.members.get(key) ?? shape.members.get(key.slice(1))
    const isSibling = key !== member?.name
    if (!member || (isSibling && (key[0] !== '_' || member.content.kind !== 'primitive')))
      throw unwritable('a member that FHIR does not have', path)
    present.add(member)
  }
  return [...present]
    .sort((one, other) => one.order - other.order)
    .map(member =>
      elementOf(member, members[member.name], members[`_${member.name}`], `${path}.${member.name}`, shapes)
    )
    .join('')
}

function elementOf(member: Member, value: unknown, more: unknown, path: string, shapes: Shapes): string {
  if (!member.isList) return one(member, value, more, path, shapes)
  const values = listOf(value, path)
  const siblings = listOf(more, path)
  if (values.length === 0 && siblings.length === 0) throw unwritable('an empty list', path)
  let xml = ''
  for (let index = 0; index < Math.max(values.length, siblings.length); index++)
    xml += one(member, values[index] ?? undefined, siblings[index] ?? undefined, `${path}[${index}]`, shapes)
  return xml
}

function one({ name, content }: Member, value: unknown, more: unknown, path: string, shapes: Shapes): string {
  if (content.kind === 'resource') return `<${name}>${resourceOf(value, '', path, shapes)}</${name}>`
  if (content.kind === 'complex') return complex(name, '', membersOf(value, path), content.shape(), path, shapes)
  if (content.kind === 'xhtml') return div(value, path)
  const members = more === undefined ? {} : membersOf(more, path)
  if (value === undefined) {
    if (Object.keys(members).length === 0) throw unwritable('a value that is missing', path)
    return complex(name, '', members, shapes.element, path, shapes)
  }
  const text = textOf(value, content.form)
  if (text === undefined) throw unwritable('a value of another type', path)
  return complex(name, ` value="${attribute(text, path)}"`, members, shapes.element, path, shapes)
}

function complex(
  name: string,
  value: string,
  members: Record<string, unknown>,
  shape: Shape,
  path: string,
  shapes: Shapes
): string {
  let attributes = ''
  for (const key of shape.attributes) {
    const given = members[key]
    if (given === undefined) continue
    if (typeof given !== 'string') throw unwritable('a value of another type', `${path}.${key}`)
    attributes += ` ${key}="${attribute(given, `${path}.${key}`)}"`
  }
  const inner = elementsOf(members, shape, path, shapes)
  return inner === '' ? `<${name}${attributes}${value}/>` : `<${name}${attributes}${value}>${inner}</${name}>`
}

function textOf(value: unknown, form: 'text' | 'number' | 'boolean'): string | undefined {
  if (form === 'number') return textOfNumber(value)
  return typeof value === (form === 'text' ? 'string' : 'boolean') ? String(value) : undefined
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;'
}

function attribute(text: string, path: string): string {
  if (notXml.test(text)) throw unwritable('a character that XML cannot hold', path)
  return text.replaceAll(/[&<>"\t\n\r]/gu, character => escapes[character]!)
}

function div(value: unknown, path: string): string {
  if (typeof value !== 'string') throw unwritable('a value of another type', path)
  try {
    return checkedDiv(value)
  } catch (error) {
    if (error instanceof XmlError) throw unwritable(error.cause, path)
    throw error
  }
}

function membersOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || textOfNumber(value) !== undefined)
    throw unwritable('a value of another type', path)
  return value as Record<string, unknown>
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw unwritable('a value of another type', path)
  return value
}

const unwritable = (cause: string, path: string) => new XmlError('unwritable', cause, { path })
