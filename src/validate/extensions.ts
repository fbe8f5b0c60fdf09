import { extensionTable, type Parts, type Value } from './extension-table.ts'
import type { Findings, Rule } from './findings.ts'
import { listAt, type Members, textAt } from './members.ts'

function rule(key: string, code: string, ja: string, en: string, fixJa: string, fixEn: string): Rule {
  return { key: `profile-extension-${key}`, code, text: { ja, en }, fix: { ja: fixJa, en: fixEn } }
}

/** What is said of an extension that is known and not as its definition has it. */
export const extensionRules = {
  value: rule(
    'value',
    'structure',
    'この拡張の定義にある型の値がありません。',
    'The extension does not have a value of the type that its definition names.',
    '拡張の定義にある型で値を書いてください。',
    'Give a value of the type that the definition of the extension names.'
  ),
  code: rule(
    'code',
    'code-invalid',
    'この拡張で使える符号ではありません。',
    'This code is not one of those that the extension allows.',
    '拡張の定義にある値集合の符号を使ってください。',
    'Use a code of the value set in the definition of the extension.'
  ),
  parts: rule(
    'parts',
    'structure',
    '内側の拡張が、この拡張の定義と合いません。',
    'The extensions inside are not those that the definition of the extension names.',
    '必要な部分を一つずつ書き、ほかは除いてください。',
    'Give each part that is needed once, and leave out all others.'
  )
} as const satisfies Readonly<Record<string, Rule>>

const known: ReadonlyMap<unknown, Value | Parts> = new Map(Object.entries(extensionTable))

/**
 * Holds an extension that we know against its own definition: the type of its value, its codes, its parts and how many of
 * each. One that we do not know may hold what extensions can hold.
 * @param findings stands at the extension
 * @see FHIR R4 extensibility.html#extension
 */
export function checkExtension(findings: Findings, extension: Members): void {
  const definition = known.get(extension.url)
  if (definition === undefined) return
  if ('parts' in definition) checkParts(findings, definition, extension)
  else checkValue(findings, definition, extension)
}

function checkValue(findings: Findings, { members, codes }: Value, extension: Members): void {
  // A value may be said to be absent by an extension of its own.
  const member = members.find(each => Object.hasOwn(extension, each) || Object.hasOwn(extension, `_${each}`))
  if (member === undefined) findings.add(extensionRules.value)
  else if (codes && typeof extension[member] === 'string' && !codes.includes(extension[member])) {
    findings.add(extensionRules.code, member)
  }
}

function checkParts(findings: Findings, { parts }: Parts, extension: Members): void {
  const counts = new Map<string, number>()
  const inside = listAt(extension, 'extension')
  for (let i = 0; i < inside.length; i++) {
    const name = textAt(inside[i], 'url') ?? ''
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined
    counts.set(name, (counts.get(name) ?? 0) + 1)
    findings.enter('extension')
    findings.enter(i)
    if (!part) findings.add(extensionRules.parts)
    else checkValue(findings, part, inside[i] as Members)
    findings.leave()
    findings.leave()
  }
  const fits = Object.entries(parts).every(([name, { min, max }]) => {
    const count = counts.get(name) ?? 0
    return count >= min && count <= max
  })
  if (!fits) findings.add(extensionRules.parts)
}
