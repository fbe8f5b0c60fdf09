import type {
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer
} from '@medplum/fhirtypes'
import type { Bilingual } from '../outcome/issue.ts'
import { type Form, hasQuestions, type Item } from './form.ts'
import { answerFromPlain, answerToPlain, plainType } from './plain-value.ts'
import { byLinkId } from './rules/by-link-id.ts'
import { type FindingKey, findings } from './rules/findings.ts'
import { arrayOf, isObject, type Source } from './rules/node.ts'
import { type Mention, say } from './rules/report.ts'

/** Plain answers (contract §10): one object by linkId; groups are objects, what repeats is an array. */
export type PlainAnswers = Readonly<Record<string, unknown>>

/** What is wrong with plain answers; `path` is a JSON pointer from the body that holds `answers`. */
export interface PlainIssue {
  readonly path: string
  readonly rule: string
  readonly text: Bilingual
  readonly fix: Bilingual
}

/**
 * The answers of a response as plain JSON: codes, ISO 8601 dates, numbers as they are, `{"other":"…"}` for the free text
 * of an open choice, `{"masked":true}` for what was withheld. What was not answered is left out. A question with
 * questions of its own is `{"answer":…,"items":{…}}`.
 */
export function toPlain(form: Form, response: QuestionnaireResponse): PlainAnswers {
  return itemsToPlain(form.root, [arrayOf(response.item)])
}

function itemsToPlain(parent: Item, lists: readonly (readonly unknown[])[]): PlainAnswers {
  const present = byLinkId(lists)
  const members: (readonly [string, unknown])[] = []
  for (const item of parent.items) {
    const sources = present.get(item.linkId)
    if (!sources || item.type === 'display') continue
    const value = item.type === 'group' ? groupToPlain(item, sources) : questionToPlain(item, sources)
    if (value !== undefined) members.push([item.linkId, value])
  }
  // fromEntries makes own members whatever their names are
  return Object.fromEntries(members)
}

function groupToPlain(item: Item, sources: readonly Source[]): unknown {
  if (item.repeats) return sources.map(source => itemsToPlain(item, [arrayOf(source.item)]))
  const members = itemsToPlain(
    item,
    sources.map(source => arrayOf(source.item))
  )
  return Object.keys(members).length > 0 ? members : undefined
}

function questionToPlain(item: Item, sources: readonly Source[]): unknown {
  const values = sources
    .flatMap(source => arrayOf(source.answer))
    .filter(isObject)
    .flatMap(answer => {
      const value = answerToPlain(item, answer)
      if (value === undefined) return []
      return hasQuestions(item) ? { answer: value, items: itemsToPlain(item, [arrayOf(answer.item)]) } : [value]
    })
  if (values.length === 0) return undefined
  return item.repeats ? values : values[0]
}

/** Where one is in the plain answers, and what was found on the way. */
interface Reading {
  readonly issues: PlainIssue[]
}

const mostIssues = 1000

function report(reading: Reading, path: string, key: FindingKey, item?: Item, mention?: Mention): void {
  if (reading.issues.length >= mostIssues) return
  const finding = findings[key]
  reading.issues.push({
    path,
    rule: finding.rule,
    text: say(finding, item, mention),
    fix: say(finding.fix, item, mention)
  })
}

/** A JSON pointer one step further (RFC 6901). */
const below = (path: string, name: string | number): string =>
  `${path}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

/**
 * Plain answers as the items of a response in form order, with the texts and displays of the form. Everything that cannot
 * be read is named at once and left out; whether what was read satisfies the form is for `Form.check` to say. `null` and
 * empty text mean not answered.
 * @returns `issues` with rule qr-10 for a linkId that the form does not have, qr-35 for a value of a wrong type, qr-37 for
 * an unknown code
 */
export function fromPlain(
  form: Form,
  answers: unknown
): { readonly items: QuestionnaireResponseItem[]; readonly issues: PlainIssue[] } {
  const reading: Reading = { issues: [] }
  const items = itemsFromPlain(reading, form.root, answers, '/answers')
  return { items, issues: reading.issues }
}

function itemsFromPlain(reading: Reading, parent: Item, answers: unknown, path: string): QuestionnaireResponseItem[] {
  if (!isObject(answers)) {
    report(reading, path, 'wrong-type', parent, { limit: 'object' })
    return []
  }
  const known = new Set(parent.items.filter(item => item.type !== 'display').map(item => item.linkId))
  for (const name of Object.keys(answers)) if (!known.has(name)) report(reading, below(path, name), 'link-id-unknown')
  return parent.items.flatMap(item => {
    if (!known.has(item.linkId) || !Object.hasOwn(answers, item.linkId)) return []
    const value = answers[item.linkId]
    if (isNothing(value)) return []
    const place = below(path, item.linkId)
    return item.type === 'group'
      ? groupFromPlain(reading, item, value, place)
      : questionFromPlain(reading, item, value, place)
  })
}

const isNothing = (value: unknown): boolean => value === null || value === undefined || value === ''

const named = (item: Item): QuestionnaireResponseItem =>
  item.text === undefined ? { linkId: item.linkId } : { linkId: item.linkId, text: item.text }

function groupFromPlain(reading: Reading, item: Item, value: unknown, path: string): QuestionnaireResponseItem[] {
  if (!item.repeats) {
    const items = itemsFromPlain(reading, item, value, path)
    return items.length > 0 ? [{ ...named(item), item: items }] : []
  }
  if (!Array.isArray(value)) {
    report(reading, path, 'wrong-type', item, { limit: 'array of object' })
    return []
  }
  return value.map((repetition, at) => {
    const items = itemsFromPlain(reading, item, repetition, below(path, at))
    return items.length > 0 ? { ...named(item), item: items } : named(item)
  })
}

function questionFromPlain(reading: Reading, item: Item, value: unknown, path: string): QuestionnaireResponseItem[] {
  if (item.repeats && !Array.isArray(value)) {
    report(reading, path, 'wrong-type', item, { limit: `array of ${plainType(item)}` })
    return []
  }
  const answers = item.repeats
    ? (value as readonly unknown[]).flatMap((each, at) => oneFromPlain(reading, item, each, below(path, at)))
    : oneFromPlain(reading, item, value, path)
  return answers.length > 0 ? [{ ...named(item), answer: answers }] : []
}

function oneFromPlain(reading: Reading, item: Item, value: unknown, path: string): QuestionnaireResponseItemAnswer[] {
  const isNested = hasQuestions(item)
  if (isNested && !isObject(value)) {
    report(reading, path, 'wrong-type', item, { limit: '{"answer":…,"items":{…}}' })
    return []
  }
  const plain = isNested ? (value as Source).answer : value
  const read = answerFromPlain(item, plain)
  if (typeof read === 'string') {
    report(reading, isNested ? below(path, 'answer') : path, read, item, { limit: plainType(item) })
    return []
  }
  const inner = isNested ? (value as Source).items : undefined
  const items = inner === undefined ? [] : itemsFromPlain(reading, item, inner, below(path, 'items'))
  return [items.length > 0 ? { ...read, item: items } : read]
}
