import type { Extract, Item, Text } from '../forms/form.ts'
import { questionsOf } from './conditions.ts'
import { type Json, ownCoding, questionnaireUrl } from './fhir.ts'

/**
 * What is extracted from a response, as templates of SDC 4.0.0: contained resources in which FHIRPath stands where answers
 * go. Codes of work are those of HL7 US ODH 1.3.0 (LOINC), without a claim to its profiles.
 */
export interface Templates {
  readonly contained: readonly Json[]
  /** extensions of the whole form */
  readonly ofForm: readonly Json[]
  /** extensions of an item, by linkId */
  readonly ofItem: ReadonlyMap<string, readonly Json[]>
}

const sdc = (name: string) => `http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-${name}`

const context = (expression: string) => ({
  extension: [{ url: sdc('templateExtractContext'), valueString: expression }]
})
const value = (expression: string) => ({ extension: [{ url: sdc('templateExtractValue'), valueString: expression }] })

const answered = (linkId: string) => `%resource.item.where(linkId = '${linkId}').answer.where(value.exists())`
const answer = (linkId: string) => `%resource.item.where(linkId = '${linkId}').answer.value`

const loinc = (code: string, text: string): Json => ({ coding: [{ system: 'http://loinc.org', code }], text })
const ucum = (unit: string, code: string): Json => ({ system: 'http://unitsofmeasure.org', code, unit })

/** An answer of a list with its code, or as it was written; the context is the answer. */
const coded: Json = { coding: [value('value.ofType(Coding)')], _text: value('value.ofType(string)') }

/** Whom it is about, who said it when, and where. */
const common: Json = {
  subject: value('%resource.subject'),
  performer: [value('%resource.author')],
  derivedFrom: [{ _reference: value("'QuestionnaireResponse/' + %resource.id") }]
}

/** Of the period that the form asks for, else of the day of writing. */
function effective(period: string | undefined): Json {
  if (period === undefined) return { _effectiveDateTime: value('%resource.authored') }
  return { effectivePeriod: { _start: value(answer(`${period}.start`)), _end: value(answer(`${period}.end`)) } }
}

type Labels = ReadonlyMap<string, Text>

/** A question of ours as the code of what it asks. */
function itemCode(linkId: string, labels: Labels): Json {
  const text = labels.get(linkId)?.ja
  return { coding: [{ ...ownCoding('item', linkId), ...(text === undefined ? {} : { display: text }) }] }
}

type Made = { readonly at?: string; readonly template: Json }
type Of<As extends Extract['as']> = Extract & { readonly as: As }

function opinion({ item, period, until }: Of<'opinion'>, labels: Labels): Made {
  const component = until && [
    { ...context(answer(until)), code: itemCode(until, labels), _valueDateTime: value('$this') }
  ]
  const template = {
    resourceType: 'Observation',
    ...context('answer.where(value.exists())'),
    status: 'final',
    code: itemCode(item, labels),
    ...common,
    ...effective(period),
    valueCodeableConcept: coded,
    ...(component ? { component } : {})
  }
  return { at: item, template }
}

/**
 * Each line that is not blank. Lines are cut before anything looks at them one by one, so that a text of a million lines
 * costs no more than others; one more is taken than an extraction makes, so that it says where it stops.
 */
const line = String.raw`answer.value.replaceMatches('[\\s\u3000]*\\n[\\s\u3000]*', '\n').trim().split('\n').take(201).where($this != '')`

/** One for each line that was written. */
function lines({ item, period }: Of<'lines'>, labels: Labels): Made {
  const template = {
    resourceType: 'Observation',
    ...context(line),
    status: 'final',
    code: itemCode(item, labels),
    ...common,
    ...effective(period),
    _valueString: value('$this')
  }
  return { at: item, template }
}

/** Minutes since midnight. */
const minutes = (linkId: string) =>
  `${answer(linkId)}.select(toString().substring(0, 2).toInteger() * 60 + toString().substring(3, 2).toInteger())`

/** Hours of work a day: to the end, which may be on the next day, less the break; not where nothing is left. */
function hoursPerDay(hours: string): string {
  const rest = `iif(${answer(`${hours}.break`)}.exists(), ${answer(`${hours}.break`)}, 0)`
  const span = `(${minutes(`${hours}.end`)} - ${minutes(`${hours}.start`)} + 1440) mod 1440 / 60`
  return `((${span}) - ${rest}).round(2).where($this > 0)`
}

function job({ occupation, duties, activities, hazards, shift, hours }: Of<'job'>): Made {
  const each = (linkId: string | undefined, code: Json, of: Json) =>
    linkId === undefined ? [] : [{ ...context(answered(linkId)), code, ...of }]
  const duty = loinc('63761-1', '職務内容')
  const template = {
    resourceType: 'Observation',
    status: 'final',
    category: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'social-history' }]
      }
    ],
    code: loinc('11341-5', '職業'),
    ...common,
    ...effective(undefined),
    ...(occupation ? { valueCodeableConcept: { _text: value(answer(occupation)) } } : {}),
    component: [
      ...each(duties, duty, { _valueString: value('value') }),
      ...each(activities, duty, { valueCodeableConcept: coded }),
      ...each(hazards, loinc('87729-0', '危険有害業務・作業環境'), { valueCodeableConcept: coded }),
      ...each(shift, loinc('74159-5', '勤務形態'), { valueCodeableConcept: coded }),
      ...each(`${hours}.daysPerWeek`, loinc('74160-3', '勤務日数 (週)'), {
        valueQuantity: { ...ucum('日', 'd'), _value: value('value') }
      }),
      {
        ...context(hoursPerDay(hours)),
        code: loinc('87512-0', '勤務時間 (1日)'),
        valueQuantity: { ...ucum('時間', 'h'), _value: value('$this') }
      }
    ]
  }
  return { template }
}

const workflow = 'http://hl7.org/fhir/uv/sdc/CodeSystem/temp'

/** Asks a physician for one of the opinions, on the ground of the response. */
function request({ addressee, forms }: Of<'request'>): Made {
  const template = {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: workflow, code: 'complete-questionnaire' }], text: '主治医意見書の作成の依頼' },
    focus: { _reference: value("'QuestionnaireResponse/' + %resource.id") },
    for: value('%resource.subject'),
    _authoredOn: value('%resource.authored'),
    requester: value('%resource.author'),
    owner: { _display: value(answer(addressee)) },
    input: forms.map(kind => ({
      type: { coding: [{ system: workflow, code: 'questionnaire' }] },
      valueCanonical: questionnaireUrl(kind)
    }))
  }
  return { template }
}

function make(extract: Extract, labels: Labels): Made {
  switch (extract.as) {
    case 'opinion':
      return opinion(extract, labels)
    case 'lines':
      return lines(extract, labels)
    case 'job':
      return job(extract)
    case 'request':
      return request(extract)
  }
}

const isObject = (node: unknown): node is Json => typeof node === 'object' && node !== null && !Array.isArray(node)

/** linkIds that the expressions of this very element name. */
function namedIn(element: Json): readonly string[] {
  const own = (element.extension ?? []) as readonly { readonly url: string; readonly valueString?: string }[]
  const texts = own.filter(({ url }) => url.startsWith(sdc('templateExtract'))).map(each => each.valueString ?? '')
  return texts.flatMap(text => [...text.matchAll(/linkId = '([^']+)'/g)].map(([, linkId]) => linkId!))
}

/** Without the elements that speak of an item which this form does not have; undefined where nothing is left. */
function pruned(node: unknown, present: ReadonlySet<string>): unknown {
  if (Array.isArray(node)) {
    const left = node.map(each => pruned(each, present)).filter(each => each !== undefined)
    return left.length > 0 ? left : undefined
  }
  if (!isObject(node)) return node
  if (namedIn(node).some(linkId => !present.has(linkId))) return undefined
  const members = Object.entries(node).flatMap(([name, member]) => {
    const left = name === 'extension' ? member : pruned(member, present)
    return left === undefined ? [] : [[name, left] as const]
  })
  return members.length > 0 ? Object.fromEntries(members) : undefined
}

/** @returns the templates of a form, or of a view form what is left of them: they name no item that it does not have */
export function templates(extracts: readonly Extract[], items: readonly Item[]): Templates {
  const questions = questionsOf(items)
  const labels: Labels = new Map(questions.map(({ linkId, text }) => [linkId, text]))
  const present = new Set(labels.keys())
  const contained: Json[] = []
  const ofForm: Json[] = []
  const ofItem = new Map<string, readonly Json[]>()
  for (const extract of extracts) {
    // what it is about has to be there, or nothing would be said
    if (!present.has('item' in extract ? extract.item : 'duties' in extract ? extract.duties : extract.addressee))
      continue
    const { at, template } = make(extract, labels)
    const { resourceType, ...members } = pruned(template, present) as Json
    const id = at === undefined ? `template-${extract.as}` : `template-${at.replaceAll('.', '-')}`
    contained.push({ resourceType, id, ...members })
    const extension = {
      url: sdc('templateExtract'),
      extension: [{ url: 'template', valueReference: { reference: `#${id}` } }]
    }
    if (at === undefined) ofForm.push(extension)
    else ofItem.set(at, [extension])
  }
  return { contained, ofForm, ofItem }
}
