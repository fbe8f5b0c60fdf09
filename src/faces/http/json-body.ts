import { Refusal } from '../../outcome/refusal.ts'
import { JsonError, type JsonText, readJson } from '../../standards/json.ts'
import type { Call } from './route.ts'

const maxDepth = 64

/**
 * The body of a call as JSON, read as strictly as a document (style §4).
 * @throws Refusal `invalid-json`, `duplicate-key`, `too-deep`
 */
export function jsonBody(call: Pick<Call, 'body'>): unknown {
  return jsonText(call).value
}

/** The same, with what its text says beyond the value. `depth`: objects and arrays within one another. */
export function jsonText(call: Pick<Call, 'body'>, depth = maxDepth): JsonText {
  try {
    return readJson(call.body, { maxDepth: depth })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    const { kind, line, column, path } = cause
    throw new Refusal(kind, { at: [`line ${line}, column ${column}`, ...(path ? [path] : [])], cause })
  }
}
