import type { Identified, Received } from '../document/stages.ts'
import { Refusal } from '../outcome/refusal.ts'
import { JsonError, readJson } from '../standards/json.ts'

export interface ReceiveLimits {
  readonly maxDocumentBytes: number
  /** objects and arrays within one another */
  readonly maxDepth: number
}

/**
 * Takes in the exact bytes of a document and parses them for looking. The bytes are kept as they are: they are what is
 * recorded, signed over and delivered.
 * @throws Refusal `too-large`; `invalid-json`, `duplicate-key` or `too-deep`, with line, column and JSON pointer in `at`
 */
export function receive(identified: Identified, bytes: Uint8Array, limits: ReceiveLimits): Received {
  if (bytes.byteLength > limits.maxDocumentBytes) throw new Refusal('too-large')
  const { value, ambiguousNumber } = read(bytes, limits.maxDepth)
  return { ...identified, bytes, value, ambiguousNumber }
}

function read(bytes: Uint8Array, maxDepth: number) {
  try {
    return readJson(bytes, { maxDepth })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    const { kind, line, column, path } = cause
    throw new Refusal(kind, { at: [`line ${line}, column ${column}`, ...(path ? [path] : [])], cause })
  }
}
