import { extensionUrl } from '../../src/document/canonical.ts'
import type { Answered, Given, Item, Question, Text } from '../forms/form.ts'
import { answerLists } from '../terms/answer-lists.ts'
import type { Term } from '../terms/term.ts'
import { bilingual, type Json } from './fhir.ts'

/** All questions of a form, those of groups included, in form order. */
export function questionsOf(items: readonly Item[]): readonly Question[] {
  return items.flatMap(item => {
    if (item.type === 'display') return []
    return item.type === 'group' ? item.item : [item]
  })
}

/** What the item itself says of its conditions, in our own simple form: no FHIRPath is needed to check it. */
export function conditionExtensions({ requiredWhen = [], notBefore }: Question): readonly Json[] {
  const required = requiredWhen.map(when => ({
    url: extensionUrl('required-when'),
    extension: [
      { url: 'question', valueString: when.question },
      'code' in when ? { url: 'code', valueCode: when.code } : { url: 'exists', valueBoolean: true }
    ]
  }))
  return notBefore ? [...required, { url: extensionUrl('not-before'), valueString: notBefore }] : required
}

const answers = (linkId: string) => `%resource.item.where(linkId = '${linkId}').answer`

function constraint(key: string, linkId: string, expression: string, ja: string, en: string): Json {
  return {
    url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-constraint',
    extension: [
      { url: 'key', valueId: key },
      { url: 'severity', valueCode: 'error' },
      { url: 'expression', valueString: expression },
      { url: 'human', ...bilingual('valueString', { ja, en }) },
      { url: 'location', valueString: `item.where(linkId = '${linkId}')` }
    ]
  }
}

/** What a condition says, in words: 「復職に関する意見」が「条件付き可」, 「その他配慮事項」が記入済み. */
function words(when: Answered | Given, all: readonly Question[]): Text {
  const other = all.find(({ linkId }) => linkId === when.question)
  if (!other) throw new TypeError(`${when.question} is no question of this form`)
  const { ja, en } = other.text
  if (!('code' in when)) return { ja: `「${ja}」が記入済み`, en: `“${en}” is answered` }
  const terms: readonly Term[] = other.options ? answerLists[other.options].terms : []
  const term = terms.find(({ code }) => code === when.code)
  if (!term) throw new TypeError(`${when.code} is no option of ${when.question}`)
  return { ja: `「${ja}」が「${term.ja}」`, en: `“${en}” is “${term.en}”` }
}

function requiredConstraint({ linkId, text, requiredWhen = [] }: Question, all: readonly Question[]): readonly Json[] {
  if (requiredWhen.length === 0) return []
  const holds = requiredWhen.map(when => {
    const value = 'code' in when ? `.value.where(code = '${when.code}')` : ''
    return `${answers(when.question)}${value}.exists()`
  })
  const said = requiredWhen.map(when => words(when, all))
  return [
    constraint(
      `${linkId}-required`,
      linkId,
      `(${holds.join(' or ')}) implies ${answers(linkId)}.exists()`,
      `${said.map(({ ja }) => ja).join('、または')}のときは「${text.ja}」を記入してください。`,
      `“${text.en}” is needed where ${said.map(({ en }) => en).join(' or ')}.`
    )
  ]
}

function orderConstraint({ linkId, notBefore, text }: Question): readonly Json[] {
  if (!notBefore) return []
  // `iif`, since an answer may be missing or masked: then there is nothing to compare, and that is no error.
  const expression = `iif(${answers(notBefore)}.value > ${answers(linkId)}.value, false, true)`
  return [
    constraint(
      `${linkId}-not-before`,
      linkId,
      expression,
      `「${text.ja}」は開始日より前にできません。`,
      `“${text.en}” may not be before the first day.`
    )
  ]
}

/**
 * The same conditions for any other engine, as FHIRPath. They stand at the root of the Questionnaire: on the item they
 * would not be evaluated where it is missing, which is the very case that matters.
 */
export function rootConstraints(items: readonly Item[]): readonly Json[] {
  const all = questionsOf(items)
  return all.flatMap(one => [...requiredConstraint(one, all), ...orderConstraint(one)])
}
