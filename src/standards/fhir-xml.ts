import { isUtf8 } from 'node:buffer'
import { parseKeepingNumbers } from './fhir-xml/number-text.ts'
import { readXml } from './fhir-xml/read.ts'
import { type FhirDefinition, shapesOf } from './fhir-xml/shape.ts'
import { writeXml } from './fhir-xml/write.ts'
import { XmlError } from './fhir-xml/xml-error.ts'

export interface FhirXml {
  /**
   * The JSON text of a resource in XML, numbers with their digits: `1.50` stays `1.50`.
   * Narratives go over as they are written, but for line ends, which XML makes LF. Comments are left out.
   * @param xml UTF-8 without byte order mark
   * @param limits elements within one another; a document that is one element has depth 1
   * @throws XmlError `invalid-xml`, `too-deep`, `unknown-type`, with line and column
   */
  toJson(xml: Uint8Array, limits: { readonly maxDepth: number }): string
  /**
   * A resource as XML, from its JSON text.
   * @param json text that `readJson` has let through or that we made ourselves
   * @throws XmlError `unknown-type`, `unwritable`, with the path of the element
   */
  toXml(json: string): string
}

/**
 * FHIR R4 between JSON and XML, either way without loss: what has no place in the other format is refused, never dropped.
 * @param definitions snapshots of the types and resources that are known
 * @see FHIR R4 xml.html and json.html; XML 1.0; Namespaces in XML 1.0
 */
export function compileFhirXml(definitions: readonly FhirDefinition[]): FhirXml {
  const shapes = shapesOf(definitions)
  return {
    toJson: (xml, { maxDepth }) => {
      const buffer = Buffer.from(xml.buffer, xml.byteOffset, xml.byteLength)
      if (!isUtf8(buffer)) throw new XmlError('invalid-xml', 'not UTF-8', { line: 1, column: 1 })
      return JSON.stringify(readXml(buffer.toString(), maxDepth, shapes))
    },
    toXml: json => writeXml(parseKeepingNumbers(json), shapes)
  }
}
