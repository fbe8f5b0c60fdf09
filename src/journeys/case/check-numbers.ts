import { containsMyNumber, identifierFault } from '../../document/identifier.ts'
import type { Identifier } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'

/**
 * Looks at what an organisation writes about a worker before anything of it is kept: a マイナンバー never comes in, be it as a
 * staff number or in a text (domain P-12), and numbers that have a check digit must pass it.
 * @param texts by the name of the parameter that they came in
 * @throws Refusal `my-number`, `identifier-check-digit`
 */
export function checkNumbers(
  localIdentifier: Identifier | undefined,
  texts: Readonly<Record<string, string | undefined>> = {}
): void {
  const withMyNumber = Object.keys(texts).filter(name => containsMyNumber(texts[name] ?? ''))
  const fault = localIdentifier && identifierFault(localIdentifier)
  if (fault === 'my-number') withMyNumber.push('localIdentifier')
  if (withMyNumber.length > 0) throw new Refusal('my-number', { at: withMyNumber })
  if (fault !== undefined) throw new Refusal('identifier-check-digit', { at: ['localIdentifier'] })
}
