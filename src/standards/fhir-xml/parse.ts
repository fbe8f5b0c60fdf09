import sax, { type QualifiedAttribute, type QualifiedTag, type SAXOptions } from 'sax'
import { scanXml } from './scan.ts'
import { faultAt, type XmlError, type XmlFault } from './xml-error.ts'

export interface Element {
  /** name without prefix */
  readonly local: string
  readonly namespace: string
  readonly hasPrefix: boolean
  /** without namespace declarations */
  readonly attributes: readonly QualifiedAttribute[]
  /** offset of its `<` */
  readonly start: number
}

export interface Handlers {
  readonly open: (element: Element) => void
  /** @param end offset behind the `>` */
  readonly close: (end: number) => void
  /** text that is not white space only */
  readonly text: () => void
}

/** What a handler may do: name a fault at the element that is being opened or closed, and take source text. */
export interface Parsing {
  readonly text: string
  fault(kind: XmlFault, cause: string): XmlError
}

/**
 * Calls the handlers for each element of a well-formed XML 1.0 text with namespaces.
 * @param raw UTF-16 text; line ends and white space in attributes are normalised before `parsing.text` shows it
 * @throws XmlError `invalid-xml`, `too-deep`
 */
export function parseXml(
  raw: string,
  { maxDepth, isDocument }: { readonly maxDepth: number; readonly isDocument: boolean },
  handlersOf: (parsing: Parsing) => Handlers
): void {
  const text = scanXml(raw, isDocument)
  const options: SAXOptions & { strictEntities: boolean } = { xmlns: true, position: true, strictEntities: true }
  const reader = sax.parser(true, options)
  let place = 0
  const fault = (kind: XmlFault, cause: string) => faultAt(kind, cause, text, place)
  const handlers = handlersOf({ text, fault })
  let attributes: QualifiedAttribute[] = []
  let names = new Set<string>()
  let depth = 0
  let isOver = false

  reader.onerror = () => {
    place = Math.max(0, reader.position - 1)
    throw fault('invalid-xml', 'not well-formed')
  }
  reader.onattribute = given => {
    const attribute = given as QualifiedAttribute
    place = reader.startTagPosition - 1
    if (names.has(attribute.name)) throw fault('invalid-xml', 'an attribute that occurs twice')
    names.add(attribute.name)
    if (attribute.prefix === 'xmlns' || attribute.name === 'xmlns') return
    if (!isPlainName(attribute)) throw fault('invalid-xml', 'not well-formed')
    attributes.push(attribute)
  }
  reader.onopentag = given => {
    const tag = given as QualifiedTag
    place = reader.startTagPosition - 1
    if (isOver) throw fault('invalid-xml', 'a second root element')
    if (!isPlainName(tag)) throw fault('invalid-xml', 'not well-formed')
    if (++depth > maxDepth) throw fault('too-deep', `more than ${maxDepth} elements within one another`)
    const own = attributes
    attributes = []
    names = new Set()
    const { local, uri: namespace, prefix } = tag
    handlers.open({ local, namespace, hasPrefix: prefix !== '', attributes: own, start: place })
  }
  reader.onclosetag = () => {
    place = reader.position
    handlers.close(reader.position)
    isOver = --depth === 0
  }
  reader.ontext = found => {
    if (!/[^ \t\n]/u.test(found)) return
    place = reader.startTagPosition - 1
    handlers.text()
  }
  reader.write(text).close()
  place = text.length
  if (!isOver) throw fault('invalid-xml', 'no element')
}

/** sax takes the second of three parts of `a:b:c` for the name. */
const isPlainName = ({ name, prefix, local }: { name: string; prefix: string; local: string }) =>
  local !== '' && name === (prefix === '' ? local : `${prefix}:${local}`)
