/**
 * Numbers as they were written: `1.50` is not `1.5` in FHIR. Both are of ECMAScript 2026 ("JSON.parse source text
 * access"), in Node since version 21; the library types of ES2024 do not know them yet.
 */
const json = JSON as unknown as {
  rawJSON(text: string): object
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
  parse(text: string, reviver: (name: string, value: unknown, context: { source?: string }) => unknown): unknown
}

/** A number for `JSON.stringify` to print with exactly these digits. */
export const numberOf = (text: string): object => json.rawJSON(text)

/** @returns its digits, undefined where the value is no number */
export function textOfNumber(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return json.isRawJSON(value) ? value.rawJSON : undefined
}

/** Every number that ECMAScript might print otherwise; the reviver costs ten times the parsing, so only for these. */
const mayChange = /[[:,\s](?:-?[0-9]+[.eE]|-?[0-9]{16}|-0)/u

/** JSON with the text of each number kept; other values as `JSON.parse` has them. */
export function parseKeepingNumbers(text: string): unknown {
  if (!mayChange.test(text)) return JSON.parse(text)
  return json.parse(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? numberOf(source) : value
  )
}
