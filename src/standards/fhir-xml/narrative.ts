import type { Element } from './parse.ts'
import { parseXml } from './parse.ts'

export const xhtmlNamespace = 'http://www.w3.org/1999/xhtml'

/**
 * Why an element may not stand in a narrative, if it may not. Its text goes into JSON as it is, so that names must mean
 * the same there: XHTML as the default namespace, no prefixes but `xml:`.
 */
export function faultOfXhtml({ namespace, hasPrefix, attributes }: Element): string | undefined {
  if (namespace !== xhtmlNamespace || hasPrefix) return 'an element in the narrative that is not plain XHTML'
  if (attributes.some(({ prefix }) => prefix !== '' && prefix !== 'xml')) return 'an attribute of another namespace'
  return undefined
}

/**
 * The XHTML of a narrative in JSON as it may stand in XML: one `div` that declares its namespace.
 * @throws XmlError where it is not
 */
export function checkedDiv(div: string): string {
  let depth = 0
  parseXml(div, { maxDepth: 64, isDocument: false }, ({ fault }) => ({
    open: element => {
      const cause = depth++ === 0 && element.local !== 'div' ? 'a narrative that is no div' : faultOfXhtml(element)
      if (cause) throw fault('invalid-xml', cause)
    },
    close: () => void depth--,
    text: () => {
      if (depth === 0) throw fault('invalid-xml', 'text outside the div')
    }
  }))
  return div.trim().replaceAll(/\r\n?/gu, '\n')
}
