import { containsMyNumber, type IdentifierFault, identifierFault } from '../document/identifier.ts'
import type { Issue } from '../outcome/issue.ts'
import { issueOf, type Rule } from './findings.ts'
import { isMembers, type Members, textAt } from './members.ts'
import { Place, walk } from './place.ts'

/**
 * Holds identifiers against the rules of their systems, and keeps マイナンバー out (domain §6). In identifiers a number that
 * can be one is an error; in free text, where one number of eleven is one by chance, a warning.
 * @param resource parsed JSON of any shape, named Bundle
 */
export function checkIdentifiers(resource: Members): readonly Issue[] {
  if (isClean(resource, '')) return []
  const issues: Issue[] = []
  const place = new Place('Bundle')
  walk(resource, place, (object, name) => {
    const isIdentifier = isNameOfIdentifier(name)
    if (isIdentifier) issues.push(...checkIdentifier(object, place))
    for (const member of Object.keys(object)) {
      if ((isIdentifier && member === 'value') || notText.has(member)) continue
      for (const [text, index] of textsAt(object, member)) {
        if (containsMyNumber(text)) issues.push(issueOf(identifierRules.advice, place.expression(member) + index))
      }
    }
  })
  return issues
}

/** identifier, valueIdentifier, targetIdentifier, masterIdentifier */
const isNameOfIdentifier = (name: string): boolean => name.endsWith('dentifier')

/** Whether there is nothing to say, which is so of nearly all documents: one look without account of places. */
function isClean(value: unknown, name: string): boolean {
  if (Array.isArray(value)) {
    for (const each of value) if (typeof each === 'string' ? containsMyNumber(each) : !isClean(each, name)) return false
    return true
  }
  if (!isMembers(value)) return true
  const isIdentifier = isNameOfIdentifier(name)
  if (isIdentifier && faultOf(value) !== undefined) return false
  for (const member in value) {
    const inner = value[member]
    if (typeof inner === 'object') {
      if (!isClean(inner, member)) return false
    } else if (typeof inner === 'string' && inner.length >= 12) {
      if ((isIdentifier && member === 'value') || notText.has(member)) continue
      if (containsMyNumber(inner)) return false
    }
  }
  return true
}

/** Bytes, not words. */
const notText: ReadonlySet<string> = new Set(['data', 'hash'])

function checkIdentifier(identifier: Members, place: Place): readonly Issue[] {
  const fault = faultOf(identifier)
  return fault ? [issueOf(identifierRules[fault], place.expression('value'))] : []
}

function faultOf(identifier: Members): IdentifierFault | undefined {
  const value = textAt(identifier, 'value')
  return value === undefined ? undefined : identifierFault({ system: textAt(identifier, 'system') ?? '', value })
}

/** A member that is text, or the texts of a list such as given names, each with its index in FHIRPath. */
function textsAt(object: Members, member: string): readonly (readonly [text: string, index: string])[] {
  const value = object[member]
  if (typeof value === 'string') return [[value, '']]
  if (!Array.isArray(value)) return none
  return value.flatMap((each, i) => (typeof each === 'string' ? [[each, `[${i}]`] as const] : []))
}

const none = [] as const

/** What is said of identifiers, and of text that may be one. */
export const identifierRules: Readonly<Record<IdentifierFault | 'advice', Rule>> = {
  format: {
    key: 'id-format',
    code: 'value',
    text: {
      ja: '識別子がその体系の形ではありません。',
      en: 'The identifier does not have the form of its system.'
    },
    fix: {
      ja: '桁数と区切りを確かめるか、正しい system を書いてください。',
      en: 'Check its length and separators, or give the right system.'
    }
  },
  'check-digit': {
    key: 'id-check-digit',
    code: 'value',
    text: { ja: '識別子の検査数字が合いません。', en: 'The check digit of the identifier does not fit.' },
    fix: { ja: '番号を写し間違えていないか確かめてください。', en: 'Check whether the number was copied wrongly.' }
  },
  'my-number': {
    key: 'id-my-number',
    code: 'business-rule',
    text: {
      ja: '識別子がマイナンバー(個人番号)の形をしています。マイナンバーは受け付けません。',
      en: 'The identifier has the form of an individual number (My Number), which is not accepted.'
    },
    fix: {
      ja: 'この識別子を除くか、別の番号を使ってください。',
      en: 'Leave this identifier out, or use another number.'
    }
  },
  advice: {
    key: 'advise-my-number',
    code: 'business-rule',
    severity: 'warning',
    text: {
      ja: 'マイナンバー(個人番号)かもしれない 12 桁の数字があります。',
      en: 'There are twelve digits here that may be an individual number (My Number).'
    },
    fix: { ja: 'マイナンバーなら除いてください。', en: 'Leave it out if it is one.' }
  }
}
