import { TokenError } from './token-error.ts'

/**
 * Reads the body of a token request. A parameter without a value counts as left out.
 * @throws TokenError `invalid_request` if a parameter is repeated: two readers might take different ones
 * @see RFC 6749 section 3.2
 */
export function readForm(body: string): ReadonlyMap<string, string> {
  const form = new Map<string, string>()
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (seen.has(name)) throw new TokenError('invalid_request', 'A parameter is repeated.')
    seen.add(name)
    if (value !== '') form.set(name, value)
  }
  return form
}
