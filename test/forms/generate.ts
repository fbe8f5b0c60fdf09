import type {
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer
} from '@medplum/fhirtypes'
import fc from 'fast-check'
import { disclosureClasses } from '../../src/document/disclosure-class.ts'
import { compileForm } from '../../src/forms/compile.ts'
import { type Form, type Item, isQuestion } from '../../src/forms/form.ts'
import { ext, responseWith } from './forms.ts'

/** Generators of forms, and of responses that these forms allow. */

type Sketch = Omit<QuestionnaireItem, 'linkId' | 'item'> & { readonly item?: readonly Sketch[] }

const codes = ['yes', 'no', 'other'].map(code => ({
  valueCoding: { system: 'http://example.org/codes', code, display: `Display of ${code}` }
}))

const classed = fc.constantFrom(...disclosureClasses).map(code => ({
  extension: [ext('https://ryoritsu.example/fhir/StructureDefinition/disclosure-class', { valueCoding: { code } })]
}))

const question: fc.Arbitrary<Sketch> = fc
  .tuple(
    fc.constantFrom(
      ...(['string', 'text', 'boolean', 'integer', 'decimal', 'date', 'time', 'choice', 'open-choice', 'url'] as const)
    ),
    fc.record({ required: fc.boolean(), repeats: fc.boolean() }),
    classed
  )
  .map(([type, flags, extension]) => ({
    type,
    ...flags,
    ...extension,
    text: `Label of a ${type}`,
    ...(type.endsWith('choice') ? { answerOption: codes } : {})
  }))

/** A question that other questions stand below. */
const nesting = fc
  .tuple(question, fc.array(question, { minLength: 1, maxLength: 2 }))
  .map(([outer, item]): Sketch => ({ ...outer, item }))

const display = fc.constant<Sketch>({ type: 'display', text: 'A note' })

function sketches(depth: number): fc.Arbitrary<Sketch[]> {
  const leaf = fc.oneof({ weight: 6, arbitrary: question }, nesting, display)
  if (depth === 0) return fc.array(leaf, { minLength: 1, maxLength: 4 })
  const group = fc
    .tuple(question, sketches(depth - 1), fc.record({ required: fc.boolean(), repeats: fc.boolean() }), classed)
    .map(
      ([first, rest, flags, extension]): Sketch => ({
        type: 'group',
        ...flags,
        ...extension,
        item: [first, ...rest]
      })
    )
  return fc.array(fc.oneof({ weight: 3, arbitrary: leaf }, group), { minLength: 1, maxLength: 4 })
}

const numbered = (items: readonly Sketch[], prefix: string): QuestionnaireItem[] =>
  items.map((sketch, at) => {
    const linkId = `${prefix}${at}`
    const { item, ...rest } = sketch
    return { ...rest, linkId, ...(item ? { item: numbered(item, `${linkId}/`) } : {}) } as QuestionnaireItem
  })

export const form: fc.Arbitrary<Form> = sketches(2).map(items => {
  const questionnaire: Questionnaire = {
    resourceType: 'Questionnaire',
    status: 'active',
    url: 'http://example.org/generated',
    version: '1',
    item: numbered(items, '~')
  }
  return compileForm(questionnaire, { classes: 'required' })
})

const digits = (value: number, count: number): string => String(value).padStart(count, '0')

const words = fc.string({ unit: 'grapheme', maxLength: 12 }).map(text => `w${text.replace(/[\r\n]/g, '')}`)

const values: Readonly<Record<string, fc.Arbitrary<QuestionnaireResponseItemAnswer>>> = {
  string: words.map(valueString => ({ valueString })),
  text: words.map(text => ({ valueString: `${text}\n${text}` })),
  url: fc.nat().map(id => ({ valueUri: `http://example.org/${id}` })),
  boolean: fc.boolean().map(valueBoolean => ({ valueBoolean })),
  integer: fc.integer().map(valueInteger => ({ valueInteger })),
  decimal: fc.integer().map(quarters => ({ valueDecimal: quarters / 4 })),
  date: fc
    .tuple(fc.integer({ min: 1900, max: 2100 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([year, month, day]) => ({ valueDate: `${year}-${digits(month, 2)}-${digits(day, 2)}` })),
  time: fc
    .tuple(fc.nat(23), fc.nat(59), fc.nat(59))
    .map(([hour, minute, second]) => ({ valueTime: [hour, minute, second].map(each => digits(each, 2)).join(':') }))
}

/** Translations of a display stay in the form. */
function withoutShadow(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('_')))
}

/** One of the options of the form, or free text where it takes some. */
function valueFor(item: Item): fc.Arbitrary<QuestionnaireResponseItemAnswer> {
  if (item.options.length === 0) return values[item.type]!
  const offered = fc.constantFrom(
    ...item.options.map(({ key, value }) => ({ [key]: withoutShadow(value) }) as QuestionnaireResponseItemAnswer)
  )
  return item.type === 'open-choice' ? fc.oneof(offered, values.string!) : offered
}

const listOf = (items: readonly Item[], isForced: boolean): fc.Arbitrary<QuestionnaireResponseItem[]> => {
  const first = items.findIndex(isQuestion)
  return fc.tuple(...items.map((item, at) => itemsOf(item, isForced && at === first))).map(lists => lists.flat())
}

function itemsOf(item: Item, isForced: boolean): fc.Arbitrary<QuestionnaireResponseItem[]> {
  if (item.type === 'display') return fc.constant([])
  const least = item.required || isForced ? 1 : 0
  const count = { minLength: least, maxLength: item.repeats ? 3 : 1 }
  const named = item.text === undefined ? { linkId: item.linkId } : { linkId: item.linkId, text: item.text }
  if (item.type === 'group') {
    return fc.array(listOf(item.items, true), count).map(all => all.map(list => ({ ...named, item: list })))
  }
  const answer = fc
    .tuple(valueFor(item), listOf(item.items, false))
    .map(([value, inner]) => (inner.length > 0 ? { ...value, item: inner } : value))
  return fc.array(answer, count).map(answers => (answers.length > 0 ? [{ ...named, answer: answers }] : []))
}

/** A completed response with texts and displays of the form, in form order. */
export const responseTo = (form: Form): fc.Arbitrary<QuestionnaireResponse> =>
  listOf(form.root.items, false).map(items => responseWith(form, items))

export const formAndResponse = () => form.chain(each => responseTo(each).map(response => ({ form: each, response })))
