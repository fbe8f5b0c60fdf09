import { codeSystem } from '../document/canonical.ts'
import type { Label } from '../document/consent.ts'
import type { DisclosureClass } from '../document/disclosure-class.ts'

export const classSystem = codeSystem('ryoritsu-disclosure-class')
export const itemSystem = codeSystem('item')
export const confidentialitySystem = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'

/** HL7 v3 Confidentiality from the least to the most confidential; a label stands for its own level and every lower one. */
const levels = ['U', 'L', 'M', 'N', 'R', 'V']
/** Every unit of every document here is health or employment information about a person: restricted. */
const levelOfUnits = levels.indexOf('R')

export const isConfidentiality = (code: string) => levels.includes(code)

/** What names a unit: its class, itself, and `all` for a confidentiality that reaches every unit. */
type Name = `class ${string}` | `item ${string}` | 'all'

/** The names under which permits and denies may speak of this unit (standards: PCF, every unit carries its labels). */
export const namesOf = (unit: { readonly linkId: string; readonly class: DisclosureClass }): readonly Name[] => [
  `class ${unit.class}`,
  `item ${unit.linkId}`,
  'all'
]

/**
 * What a label of a provision speaks of. A permit reaches what is not more confidential than it says, a deny what is
 * not less: `N` permits nothing here, but denies all. `undefined`: it reaches no unit.
 */
export function nameOf(type: 'permit' | 'deny', { system, code }: Label): Name | undefined {
  if (system === classSystem) return `class ${code}`
  if (system === itemSystem) return `item ${code}`
  if (system !== confidentialitySystem || !isConfidentiality(code)) return undefined
  const level = levels.indexOf(code)
  const reaches = type === 'permit' ? level >= levelOfUnits : level <= levelOfUnits
  return reaches ? 'all' : undefined
}
