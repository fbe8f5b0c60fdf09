import { extensionUrl } from '../../src/document/canonical.ts'
import type { Card, Display, Extract, Form, FormVersion, Group, Item, Question, Text, Unit } from '../forms/form.ts'
import { type AnswerList, answerLists } from '../terms/answer-lists.ts'
import type { TermList } from '../terms/term.ts'
import { conditionExtensions, rootConstraints } from './conditions.ts'
import { bilingual, computerName, type Json, ownCoding, questionnaireUrl } from './fhir.ts'
import { type Templates, templates } from './templates.ts'

const core = (name: string) => `http://hl7.org/fhir/StructureDefinition/${name}`

const unitDisplay: Readonly<Record<Unit, string>> = { min: '分', h: '時間', d: '日', '%': '％' }

const isRequired = (card: Card) => card.startsWith('1')
const isRepeating = (card: Card) => card.endsWith('*')

function itemControl(code: string): Json {
  const coding = { system: 'http://hl7.org/fhir/questionnaire-item-control', code }
  return { url: core('questionnaire-itemControl'), valueCodeableConcept: { coding: [coding] } }
}

function disclosureExtension({ disclosure }: Question | Group): Json {
  return { url: extensionUrl('disclosure-class'), valueCoding: ownCoding('ryoritsu-disclosure-class', disclosure) }
}

function limits({ type, min, max }: Question): readonly Json[] {
  const value = type === 'decimal' ? 'valueDecimal' : 'valueInteger'
  return [
    ...(min === undefined ? [] : [{ url: core('minValue'), [value]: min }]),
    ...(max === undefined ? [] : [{ url: core('maxValue'), [value]: max }])
  ]
}

function unitExtension({ unit }: Question): readonly Json[] {
  if (!unit) return []
  const valueCoding = { system: 'http://unitsofmeasure.org', code: unit, display: unitDisplay[unit] }
  return [{ url: core('questionnaire-unit'), valueCoding }]
}

function optionControls({ type, options, card }: Question): readonly Json[] {
  if (!options) return []
  const control = itemControl(isRepeating(card) ? 'check-box' : 'radio-button')
  if (type === 'choice') return [control]
  const openLabel = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-openLabel'
  return [control, { url: openLabel, valueString: 'その他( )' }]
}

function answerOptions(list: AnswerList): readonly Json[] {
  const { terms, groups = {} }: TermList = answerLists[list]
  return terms.map(({ code, group, ...text }) => {
    const heading = group ? groups[group] : undefined
    const extension = heading
      ? { extension: [{ url: extensionUrl('option-group'), ...bilingual('valueString', heading) }] }
      : {}
    return { ...extension, valueCoding: { ...ownCoding(list, code), ...bilingual('display', text) } }
  })
}

function helpItem(linkId: string, text: Text): Json {
  return { extension: [itemControl('help')], linkId, ...bilingual('text', text), type: 'display' }
}

/** `oc.measures.help`, then `oc.measures.note` where a label has both an example and a note. */
function helpItems({ linkId, help = [] }: Question): Json {
  if (help.length === 0) return {}
  return { item: help.map((text, index) => helpItem(`${linkId}.${index === 0 ? 'help' : 'note'}`, text)) }
}

function enableWhen({ onlyWhen }: Question, all: readonly Question[]): Json {
  if (!onlyWhen) return {}
  const list = all.find(({ linkId }) => linkId === onlyWhen.question)?.options
  if (!list) throw new TypeError(`${onlyWhen.question} is no question with a list`)
  const answerCoding = ownCoding(list, onlyWhen.code)
  return { enableWhen: [{ question: onlyWhen.question, operator: '=', answerCoding }] }
}

/** What an item needs to know of the whole form. */
interface Whole {
  readonly questions: readonly Question[]
  readonly templates: Templates
}

function questionItem(question: Question, all: readonly Question[], { ofItem }: Templates): Json {
  const { linkId, text, type, card, options } = question
  return {
    extension: [
      disclosureExtension(question),
      ...optionControls(question),
      ...unitExtension(question),
      ...limits(question),
      ...conditionExtensions(question),
      ...(ofItem.get(linkId) ?? [])
    ],
    linkId,
    ...bilingual('text', text),
    type,
    ...enableWhen(question, all),
    ...(isRequired(card) ? { required: true } : {}),
    ...(isRepeating(card) ? { repeats: true } : {}),
    ...(options ? { answerOption: answerOptions(options) } : {}),
    ...helpItems(question)
  }
}

function displayItem({ linkId, text }: Display): Json {
  return { linkId, ...bilingual('text', text), type: 'display' }
}

function groupItem(group: Group, { templates }: Whole): Json {
  const { linkId, text, card, item } = group
  return {
    extension: [disclosureExtension(group)],
    linkId,
    ...bilingual('text', text),
    type: 'group',
    ...(isRequired(card) ? { required: true } : {}),
    ...(isRepeating(card) ? { repeats: true } : {}),
    item: item.map(each => questionItem(each, item, templates))
  }
}

function itemOf(item: Item, whole: Whole): Json {
  if (item.type === 'display') return displayItem(item)
  return item.type === 'group' ? groupItem(item, whole) : questionItem(item, whole.questions, whole.templates)
}

/** The items of one version of a form. */
export function itemsOf(form: Form, version: FormVersion): readonly Item[] {
  return form.items.filter(({ since = '2024' }) => since <= version)
}

function describe(form: Form, items: readonly Item[]): string {
  const unconfirmed = items.filter(each => each.unconfirmed).map(({ linkId }) => linkId)
  if (unconfirmed.length === 0) return form.description
  return `${form.description}未確認の項目(本プロジェクトの仮定): ${unconfirmed.join('、')}。`
}

/** What a form and a view form have in common, and where they differ. */
export interface Printed {
  /** last part of the url: `opinion-return`, `opinion-return-processed` */
  readonly name: string
  readonly version: FormVersion
  readonly title: Text
  readonly description: string
  readonly derivedFrom?: string
  readonly items: readonly Item[]
  readonly extracts: readonly Extract[]
}

export function questionnaireId({ name, version }: Pick<Printed, 'name' | 'version'>): string {
  return `${name}-${version}`
}

/** @returns the form in one of its versions, before it reads as FHIR */
export function printed(form: Form, version: FormVersion): Printed {
  const items = itemsOf(form, version)
  return {
    name: form.kind,
    version,
    title: form.title,
    description: describe(form, items),
    items,
    extracts: form.extracts ?? []
  }
}

/** @returns an R4 Questionnaire; https://hl7.org/fhir/R4/questionnaire.html and SDC 4.0.0 for its extensions */
export function questionnaire(form: Printed): Json {
  const { name, version, title, description, derivedFrom, items, extracts } = form
  const extracted = templates(extracts, items)
  const extension = [...rootConstraints(items), ...extracted.ofForm]
  const flat = items.filter(each => each.type !== 'display' && each.type !== 'group')
  return {
    resourceType: 'Questionnaire',
    id: questionnaireId(form),
    language: 'ja',
    ...(extracted.contained.length > 0 ? { contained: extracted.contained } : {}),
    ...(extension.length > 0 ? { extension } : {}),
    url: questionnaireUrl(name),
    version,
    name: `${computerName(name)}${version}`,
    ...bilingual('title', title),
    ...(derivedFrom ? { derivedFrom: [derivedFrom] } : {}),
    status: 'active',
    subjectType: ['Patient'],
    description,
    item: items.map(each => itemOf(each, { questions: flat, templates: extracted }))
  }
}
