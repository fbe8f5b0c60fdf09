import type {
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer
} from '@medplum/fhirtypes'
import type { CaseKind } from '../document/case.ts'
import type { KindCode } from '../document/kind.ts'
import { type Form, type Item, isQuestion, type ValueKey } from './form.ts'
import { carries, type FactName, factOfItem } from './populate-table.ts'
import { fitOf, keysOf } from './rules/answer-types.ts'
import { isObject, type Source } from './rules/node.ts'
import { sameness } from './rules/options.ts'

/** Where one can be reached. */
interface Contact {
  readonly name: string
  readonly address?: string
  readonly phone?: string
}

/** What is known of a case. Only what the one who fills the form may read: whatever is here can end up in it. */
export interface PopulateFacts {
  readonly case?: { readonly kind: CaseKind }
  readonly worker: { readonly name: string; readonly birthDate: string }
  /** the employer */
  readonly organization?: Contact
  /** the hospital */
  readonly institution?: Contact
  /** documents of the case, newest first */
  readonly earlier: readonly Earlier[]
}

interface Earlier {
  readonly kind: KindCode
  readonly response: QuestionnaireResponse
  /** by the organisation that fills the form now */
  readonly isOwn?: boolean
}

/**
 * A response that begins with what is known: facts of the case first, then answers of earlier documents, then initial
 * values of the form. An answer that the target does not take (another type, an option it does not offer) is left out.
 * The result is `in-progress` and in form order; it holds no empty items.
 * @see HL7 SDC 4.0.0, Questionnaire/$populate
 */
export function populate(form: Form, facts: PopulateFacts): QuestionnaireResponse {
  const carried = carriedAnswers(form, facts)
  const answersFor = (item: Item): readonly QuestionnaireResponseItemAnswer[] => {
    const fact = factFor(item, facts)
    const candidates = fact === undefined ? (carried.get(item.linkId) ?? item.initial) : [fact]
    const fitting = candidates.filter(answer => takes(item, answer))
    return item.repeats ? fitting : fitting.slice(0, 1)
  }
  const items = fill(form.root, answersFor)
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: form.canonical,
    status: 'in-progress',
    ...(items.length > 0 ? { item: items } : {})
  }
}

function factFor(item: Item, facts: PopulateFacts): QuestionnaireResponseItemAnswer | undefined {
  const name: FactName | undefined = Object.hasOwn(factOfItem, item.linkId) ? factOfItem[item.linkId] : undefined
  if (name === undefined) return undefined
  const [whose, which] = name.split('.') as ['case' | 'worker' | 'organization' | 'institution', string]
  const value = (facts[whose] as Readonly<Record<string, string | undefined>> | undefined)?.[which]
  if (value === undefined || value === '') return undefined
  if (item.type === 'choice') return optionOf(item, value)
  return item.type === 'date' ? { valueDate: value } : { valueString: value }
}

/** What the form offers under that code; a code that it does not offer is no answer. */
function optionOf({ options }: Item, code: string): QuestionnaireResponseItemAnswer | undefined {
  const option = options.find(({ plain }) => plain === code)
  return option && { [option.key]: option.value }
}

/** linkId of the new form → answers; where several earlier documents have one, the newest counts. */
function carriedAnswers(form: Form, facts: PopulateFacts): ReadonlyMap<string, QuestionnaireResponseItemAnswer[]> {
  const found = new Map<string, QuestionnaireResponseItemAnswer[]>()
  const kind = form.url.slice(form.url.lastIndexOf('/') + 1)
  for (const { kind: from, response, isOwn } of facts.earlier) {
    for (const carry of carries) {
      if (carry.from !== from || carry.to !== kind || (carry.isOwn && !isOwn)) continue
      // the table takes nothing out of a group
      for (const { linkId, answer } of response.item ?? []) {
        const target = Object.hasOwn(carry.items, linkId) ? carry.items[linkId] : undefined
        if (target !== undefined && answer && !found.has(target)) found.set(target, answer.map(withoutItems))
      }
      const [there, here] = carry.hours ?? []
      const hours = there === undefined ? undefined : hoursText(response, there)
      if (here !== undefined && hours !== undefined && !found.has(here)) found.set(here, [{ valueString: hours }])
    }
  }
  return found
}

/** Working hours as plans write them: 10:00～15:00(1時間休憩). */
function hoursText({ item = [] }: QuestionnaireResponse, hours: string): string | undefined {
  const [start, end, rest] = ['start', 'end', 'break'].map(
    part => item.find(({ linkId }) => linkId === `${hours}.${part}`)?.answer?.[0]
  )
  if (start?.valueTime === undefined || end?.valueTime === undefined) return undefined
  const span = `${start.valueTime.slice(0, 5)}～${end.valueTime.slice(0, 5)}`
  return rest?.valueDecimal === undefined ? span : `${span}(${rest.valueDecimal}時間休憩)`
}

function withoutItems(answer: QuestionnaireResponseItemAnswer): QuestionnaireResponseItemAnswer {
  const { item: _, ...rest } = answer
  return rest
}

/** Whether the item takes this answer: one value of its type and, where it offers options, one of them. */
function takes(item: Item, answer: QuestionnaireResponseItemAnswer): boolean {
  const source = answer as unknown as Source
  const names = Object.keys(source)
  const key = names.find(name => name.startsWith('value')) as ValueKey | undefined
  if (key === undefined || names.length > 1 || !keysOf(item).includes(key)) return false
  const value = source[key]
  if (fitOf(key, value) !== 'fits' || (isObject(value) && Object.hasOwn(value, 'extension'))) return false
  if (item.options.length === 0 || (item.type === 'open-choice' && key === 'valueString')) return true
  return item.options.some(option => option.key === key && sameness(key, option.value) === sameness(key, value))
}

function fill(
  parent: Item,
  answersFor: (item: Item) => readonly QuestionnaireResponseItemAnswer[]
): QuestionnaireResponseItem[] {
  return parent.items.flatMap(item => {
    const named = item.text === undefined ? { linkId: item.linkId } : { linkId: item.linkId, text: item.text }
    if (item.type === 'group') {
      const items = fill(item, answersFor)
      return items.length > 0 ? { ...named, item: items } : []
    }
    const answers = isQuestion(item) ? answersFor(item) : []
    return answers.length > 0 ? { ...named, answer: [...answers] } : []
  })
}
