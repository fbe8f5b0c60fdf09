import { readFileSync } from 'node:fs'
import type {
  Bundle,
  Composition,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer
} from '@medplum/fhirtypes'
import fc, { type GeneratorValue } from 'fast-check'
import { extensionUrl } from '../../src/document/canonical.ts'
import type { Kind, ViewName } from '../../src/document/kind.ts'
import { kinds } from '../../src/document/kinds.ts'

/** A kind and version, and one of the view forms on which it may be seen. */
export interface Sheet {
  readonly kind: Kind
  readonly version: string
  readonly form: Questionnaire
  readonly viewForm: Questionnaire
}

const questionnaire = (id: string): Questionnaire =>
  JSON.parse(readFileSync(new URL(`../../profiles/questionnaires/${id}.json`, import.meta.url), 'utf8'))

export function sheet(kind: Kind, version: string, view: ViewName): Sheet {
  const form = questionnaire(`${kind.code}-${version}`)
  return { kind, version, form, viewForm: view === 'full' ? form : questionnaire(`${kind.code}-${view}-${version}`) }
}

export const sheets: readonly Sheet[] = Object.values(kinds).flatMap(kind =>
  kind.versions.flatMap(version => [...new Set(Object.values(kind.views))].map(view => sheet(kind, version, view)))
)

/** Draws a response that keeps the rules of its form; each text and date in it is like no other. */
export function drawResponse(form: Questionnaire, draw: GeneratorValue): QuestionnaireResponse {
  const given = new Map<string, readonly QuestionnaireResponseItemAnswer[]>()
  const items = drawItems(form.item ?? [], '', given, draw)
  const status = draw(fc.constantFrom, 'completed', 'amended') as 'completed' | 'amended'
  return { resourceType: 'QuestionnaireResponse', questionnaire: `${form.url}|${form.version}`, status, item: items }
}

type Given = Map<string, readonly QuestionnaireResponseItemAnswer[]>

function drawItems(items: readonly QuestionnaireItem[], at: string, given: Given, draw: GeneratorValue) {
  return items.flatMap((item): QuestionnaireResponseItem[] => {
    const head = { linkId: item.linkId, ...(item.text === undefined ? {} : { text: item.text }) }
    const isOpen = (item.enableWhen ?? []).every(({ question, answerCoding }) =>
      given.get(question)?.some(({ valueCoding }) => valueCoding?.code === answerCoding?.code)
    )
    if (item.type === 'display' || !isOpen) return []
    const isThere = item.required === true || isRequired(item, given) || draw(fc.boolean)
    if (item.type !== 'group') {
      const answer = isThere ? drawAnswers(item, `${item.linkId}${at}`, given.size, draw) : []
      given.set(`${item.linkId}${at}`, answer)
      return answer.length > 0 ? [{ ...head, answer }] : []
    }
    const count = !isThere ? 0 : item.repeats ? draw(fc.integer, { min: 1, max: 3 }) : 1
    const repetitions = Array.from({ length: count }, (_, index) =>
      drawItems(item.item ?? [], item.repeats ? `${at}#${index}` : at, given, draw)
    )
    return repetitions.filter(each => each.length > 0).map(each => ({ ...head, item: each }))
  })
}

function isRequired({ extension = [] }: QuestionnaireItem, given: Given): boolean {
  const conditions = extension.filter(({ url }) => url === extensionUrl('required-when'))
  return conditions.some(condition => {
    const part = (url: string) => condition.extension?.find(each => each.url === url)
    const answers = given.get(part('question')?.valueString ?? '') ?? []
    const code = part('code')?.valueCode
    return answers.some(({ valueCoding }) => code === undefined || valueCoding?.code === code)
  })
}

const day = 86_400_000

function drawAnswers(item: QuestionnaireItem, name: string, count: number, draw: GeneratorValue) {
  const repeat = item.repeats ? draw(fc.integer, { min: 1, max: 3 }) : 1
  const limit = (url: string, otherwise: number) => {
    const found = item.extension?.find(each => each.url.endsWith(url))
    return found?.valueInteger ?? found?.valueDecimal ?? otherwise
  }
  return Array.from({ length: repeat }, (_, index): QuestionnaireResponseItemAnswer => {
    const text = `‹${name}/${index}›`
    switch (item.type) {
      case 'string':
      case 'text':
        return { valueString: text }
      case 'date':
        return { valueDate: new Date(Date.UTC(1931, 0, 1) + (count + index) * day * 9).toISOString().slice(0, 10) }
      case 'time':
        return { valueTime: draw(fc.constantFrom, '09:00:00', '22:30:00') }
      case 'integer':
        return { valueInteger: draw(fc.integer, { min: limit('minValue', 0), max: limit('maxValue', 400) }) }
      case 'decimal':
        return { valueDecimal: limit('minValue', 0) + 0.5 }
      case 'boolean':
        return { valueBoolean: draw(fc.boolean) }
      case 'choice':
      case 'open-choice': {
        const options = item.answerOption ?? []
        if (item.type === 'open-choice' && draw(fc.boolean)) return { valueString: text }
        const { valueCoding } = options[draw(fc.integer, { min: 0, max: options.length - 1 })]!
        return { valueCoding: { system: valueCoding!.system!, code: valueCoding!.code! } }
      }
      default:
        throw new TypeError(`no answer for ${item.type}`)
    }
  })
}

/** What no recipient may find anywhere: all that an original holds beside its answers. */
export const secrets = [
  ...['1319999015^2026^000123', 'urn:uuid:0a000000', 'Bundle-id-7', 'Composition-id-7', 'QR-id-7', 'QR-identifier-7'],
  ...[
    '腫瘍内科',
    'Oncology',
    '医籍123456',
    '診断書(胃がん)',
    '紹介の経緯',
    'contained-7',
    'SIGNATURE7',
    'subject-of-author'
  ],
  ...['T11:22:33', 'T11:23:44', '見出し7', 'meta-tag-7', '東京都文京区7', 'LOINC-7', '病棟 花子', 'answer-id-7']
]

/** An original that says more than its answers, in all the places where one can. */
export function original(kind: Kind, response: QuestionnaireResponse) {
  const urn = (n: number) => `urn:uuid:0a000000-0000-4000-8000-00000000000${n}`
  const narrative = { status: 'additional' as const, div: '<div xmlns="http://www.w3.org/1999/xhtml">紹介の経緯</div>' }
  const full: QuestionnaireResponse = {
    ...response,
    id: 'QR-id-7',
    meta: { tag: [{ system: 'http://loinc.org', code: 'LOINC-7' }] },
    identifier: { value: 'QR-identifier-7' },
    contained: [{ resourceType: 'Basic', id: 'contained-7', code: {} }],
    text: narrative,
    authored: '2026-09-01T11:22:33+09:00',
    subject: { reference: urn(3) },
    item: (response.item ?? []).map(item => ({
      ...item,
      id: 'answer-id-7',
      ...(item.answer ? { answer: item.answer.map(each => ({ ...each, id: 'answer-id-7' })) } : {})
    }))
  }
  const composition: Composition = {
    resourceType: 'Composition',
    id: 'Composition-id-7',
    meta: { tag: [{ code: 'meta-tag-7' }] },
    text: narrative,
    status: 'final',
    type: { coding: [{ code: kind.code }], text: '診断書(胃がん)' },
    subject: { reference: urn(3) },
    date: '2026-09-01T11:22:33+09:00',
    author: [{ reference: urn(4), display: '腫瘍内科 医師' }, { reference: urn(5) }],
    title: '診断書(胃がん)',
    attester: [{ mode: 'legal', time: '2026-09-01T11:23:44+09:00', party: { reference: urn(4) } }],
    custodian: { reference: urn(5) },
    event: [{ code: [{ text: '見出し7' }], detail: [{ identifier: { value: 'case-1' } }] }],
    section: [{ title: '見出し7', text: narrative, entry: [{ reference: urn(2) }] }]
  }
  const bundle: Bundle = {
    resourceType: 'Bundle',
    id: 'Bundle-id-7',
    type: 'document',
    timestamp: '2026-09-01T11:22:33+09:00',
    identifier: { system: 'http://jpfhir.jp/fhir/clins/bundle-identifier', value: '1319999015^2026^000123' },
    entry: [
      { fullUrl: urn(1), resource: composition },
      { fullUrl: urn(2), resource: full },
      {
        fullUrl: urn(3),
        resource: {
          resourceType: 'Patient',
          identifier: [{ value: 'subject-of-author' }],
          name: [{ text: '病棟 花子' }],
          birthDate: '1950-01-07',
          address: [{ text: '東京都文京区7' }]
        }
      },
      {
        fullUrl: urn(4),
        resource: {
          resourceType: 'Practitioner',
          identifier: [{ value: '医籍123456' }],
          name: [
            {
              extension: [
                { url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation', valueCode: 'IDE' },
                { url: 'https://elsewhere.example', valueString: '腫瘍内科' }
              ],
              text: '腫瘍内科 架空 医子',
              family: '架空',
              given: ['医子'],
              suffix: ['MD, Oncology']
            }
          ],
          qualification: [{ code: { text: 'Oncology' } }]
        }
      },
      { fullUrl: urn(5), resource: { resourceType: 'Organization', name: '架空病院 腫瘍内科' } }
    ],
    signature: {
      type: [{ code: '1.2.840.10065.1.12.1.1' }],
      when: '2026-09-01T11:23:44+09:00',
      who: { identifier: { value: '医籍123456' } },
      data: 'SIGNATURE7'
    }
  }
  return { bundle, composition, response: full, case: 'case-1' }
}
