import { existsSync, readFileSync } from 'node:fs'

/** Licences that dependencies may have: permissive ones; MPL for tools of tests alone. */
const permissive = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'Python-2.0',
  'OFL-1.1',
  'CC-BY-4.0',
  'WTFPL'
])
const toolsToo = new Set([...permissive, 'MPL-2.0', 'CC-BY-3.0'])

/** What the text of their licence file grants, where package.json names no licence by its SPDX name. */
const byText: ReadonlyMap<string, string> = new Map([
  // BSD terms of the National Library of Medicine; LOINC codes, of which we use none, under LOINC's own
  ['node_modules/@lhncbc/ucum-lhc', 'BSD-3-Clause'],
  ['node_modules/fhirpath', 'BSD-3-Clause'],
  ['node_modules/jsonc-simple-parser', 'MIT'],
  ['node_modules/valid-url', 'MIT']
])

interface Locked {
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
}

/** `A OR B` needs one of them, `A AND B` both. */
const allows = (allowed: ReadonlySet<string>, expression: string): boolean =>
  expression
    .replaceAll(/[()]/gu, '')
    .split(' OR ')
    .some(alternative => alternative.split(' AND ').every(licence => allowed.has(licence.trim())))

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> }
const wrong: string[] = []
for (const [where, { license, dev }] of Object.entries(packages)) {
  if (where === '') continue
  const installed = `${where}/package.json`
  const stated = existsSync(installed)
    ? (JSON.parse(readFileSync(installed, 'utf8')) as { license?: unknown }).license
    : undefined
  const expression = byText.get(where) ?? (typeof stated === 'string' ? stated : license)
  // packages for other platforms are not installed here; what they are part of is
  if (expression === undefined && !existsSync(installed)) continue
  if (expression === undefined || !allows(dev ? toolsToo : permissive, expression))
    wrong.push(`${where}: ${expression ?? 'no licence stated'}`)
}
if (wrong.length > 0) process.stderr.write(`${wrong.join('\n')}\n`)
process.exitCode = wrong.length > 0 ? 1 : 0
