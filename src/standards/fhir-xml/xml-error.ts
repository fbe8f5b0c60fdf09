/**
 * `invalid-xml`: not XML, or XML that is no FHIR; `too-deep`: more elements within one another than allowed;
 * `unknown-type`: FHIR, but a resource type that is not in the definitions; `unwritable`: JSON that FHIR XML cannot say.
 */
export type XmlFault = 'invalid-xml' | 'too-deep' | 'unknown-type' | 'unwritable'

/** A fault of XML that is read has a place in the text; one of JSON that is written has the path of the element. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
  readonly kind: XmlFault
  /** why, in English and without content */
  override readonly cause: string
  /** from 1; 0 where JSON was at fault */
  readonly line: number
  /** in characters from 1; 0 where JSON was at fault */
  readonly column: number
  /** element names from the root, e.g. `Patient.name`; empty where XML was at fault */
  readonly path: string

  constructor(
    kind: XmlFault,
    cause: string,
    { line = 0, column = 0, path = '' }: { line?: number; column?: number; path?: string }
  ) {
    super(`${kind}: ${cause} at ${line > 0 ? `line ${line}, column ${column}` : path}`)
    this.kind = kind
    this.cause = cause
    this.line = line
    this.column = column
    this.path = path
  }
}

/** Fault at an offset of a text whose line ends are LF. */
export function faultAt(kind: XmlFault, cause: string, text: string, offset: number): XmlError {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++
  return new XmlError(kind, cause, { line, column: [...before.slice(lineStart)].length + 1 })
}
