import type { Observation, Questionnaire, QuestionnaireResponse, Resource, Task } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import { compileExtraction } from '../../src/forms/extract.ts'
import type { Form, Item } from '../../src/forms/form.ts'
import { loadEngines } from '../../src/forms/load-engines.ts'
import { fromPlain } from '../../src/forms/plain.ts'
import { structure } from '../validate/example.ts'
import { formOf, questionnaires, responseWith } from './forms.ts'

const engines = await loadEngines()

function options() {
  let count = 0
  const allocateId = () => `00000000-0000-4000-8000-${String(count++).padStart(12, '0')}`
  return { allocateId, now: '2026-11-24T09:00:00+09:00', by: { display: 'A gateway' } }
}

const questionnaireOf = (id: string): Questionnaire => questionnaires.find(each => each.id === id)!

const extracting = questionnaires.filter(({ contained = [] }) => contained.length > 0)

function extract(id: string, answers: Readonly<Record<string, unknown>>, more: object = {}): readonly Resource[] {
  const form = formOf(id)
  const response = { ...responseWith(form, fromPlain(form, answers).items), ...more } as QuestionnaireResponse
  const { bundle } = compileExtraction(questionnaireOf(id), engines).extract(response, options())
  return (bundle?.entry ?? []).flatMap(({ resource }) => resource ?? [])
}

const subject = { identifier: { system: 'http://example.org/subjects', value: '7' } }
const author = { display: '株式会社両立' }
const written = { id: 'r1', authored: '2026-11-20T09:00:00+09:00', subject, author }

const observations = (resources: readonly Resource[]) =>
  resources.filter((each): each is Observation => each.resourceType === 'Observation')

t.test('work information asks the physician for an opinion', async t => {
  const [task] = extract('work-information-2026', { 'wi.addressee': '両立病院 山田先生' }, written) as [Task]
  t.same(task, {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: {
      coding: [{ system: 'http://hl7.org/fhir/uv/sdc/CodeSystem/temp', code: 'complete-questionnaire' }],
      text: '主治医意見書の作成の依頼'
    },
    focus: { reference: 'QuestionnaireResponse/r1' },
    for: subject,
    authoredOn: '2026-11-20T09:00:00+09:00',
    requester: author,
    owner: { display: '両立病院 山田先生' },
    input: ['opinion-continuation', 'opinion-return'].map(kind => ({
      type: { coding: [{ system: 'http://hl7.org/fhir/uv/sdc/CodeSystem/temp', code: 'questionnaire' }] },
      valueCanonical: `https://ryoritsu.example/fhir/Questionnaire/${kind}`
    }))
  })
})

/** The components of the work that were told, as LOINC code → value. */
function work(answers: Readonly<Record<string, unknown>>) {
  const job = observations(extract('work-information-2026', answers, written)).find(
    ({ code }) => code.coding?.[0]?.code === '11341-5'
  )
  return (job?.component ?? []).map(each => {
    const { code, ...value } = each
    return [code.coding?.[0]?.code, value]
  })
}

t.test('work reads as codes of ODH', async t => {
  const resources = extract(
    'work-information-2026',
    {
      'wi.occupation': '自動車の運転手',
      'wi.duties.text': '配送',
      'wi.duties.activity': ['vehicle-driving', 'heavy-work'],
      'wi.shift': { other: '隔日勤務' },
      'wi.hours.start': '22:30',
      'wi.hours.end': '07:00',
      'wi.hours.break': 1.25,
      'wi.hours.daysPerWeek': 4
    },
    written
  )
  const [job] = observations(resources)
  t.match(job, { status: 'final', subject, performer: [author], valueCodeableConcept: { text: '自動車の運転手' } })
  const list = 'https://ryoritsu.example/fhir/CodeSystem/work-activity'
  t.match(
    job?.component?.map(({ code, ...value }) => [code.coding?.[0], value]),
    [
      [{ system: 'http://loinc.org', code: '63761-1' }, { valueString: '配送' }],
      [{ code: '63761-1' }, { valueCodeableConcept: { coding: [{ system: list, code: 'vehicle-driving' }] } }],
      [{ code: '63761-1' }, { valueCodeableConcept: { coding: [{ system: list, code: 'heavy-work' }] } }],
      [{ code: '74159-5' }, { valueCodeableConcept: { text: '隔日勤務' } }],
      [{ code: '74160-3' }, { valueQuantity: { value: 4, code: 'd' } }],
      [{ code: '87512-0' }, { valueQuantity: { value: 7.25, code: 'h' } }]
    ]
  )
})

t.test('what the employer did not answer is not told, and hours need both ends', async t => {
  t.same(work({ 'wi.hours.start': '09:00' }), [])
  t.match(work({ 'wi.hours.start': '09:00', 'wi.hours.end': '17:20' }), [
    ['87512-0', { valueQuantity: { value: 8.33 } }]
  ])
  t.same(work({ 'wi.hours.start': '09:00', 'wi.hours.end': '09:00' }), [], 'a day or nothing: not decided')
})

t.test('restrictions of an opinion are data: a line each, with the period', async t => {
  const resources = extract(
    'opinion-return-2026',
    {
      'or.opinion': 'not-now',
      'or.absentUntil': '2026-12-31',
      'or.measures': '重いものを持たない\n\n 残業を避ける ',
      'or.period.start': '2027-01-01',
      'or.period.end': '2027-03-31',
      'or.opinionText': '自由記載'
    },
    written
  )
  const [opinion, ...restrictions] = observations(resources)
  t.match(opinion, {
    effectiveDateTime: written.authored,
    code: { coding: [{ system: 'https://ryoritsu.example/fhir/CodeSystem/item', code: 'or.opinion' }] },
    valueCodeableConcept: {
      coding: [{ system: 'https://ryoritsu.example/fhir/CodeSystem/return-opinion', code: 'not-now' }]
    },
    component: [{ code: { coding: [{ code: 'or.absentUntil' }] }, valueDateTime: '2026-12-31' }]
  })
  t.match(
    restrictions,
    ['重いものを持たない', '残業を避ける'].map(valueString => ({
      code: { coding: [{ code: 'or.measures' }] },
      effectivePeriod: { start: '2027-01-01', end: '2027-03-31' },
      valueString
    }))
  )
  t.equal(restrictions.length, 2)
  t.notMatch(JSON.stringify(resources), '自由記載', 'remarks are no data')
})

t.test('lines that are blank are none, and there is an end to them', async t => {
  const form = formOf('opinion-return-2026')
  const extraction = compileExtraction(questionnaireOf('opinion-return-2026'), engines)
  const told = (text: string) => {
    const items = [{ linkId: 'or.measures', answer: [{ valueString: text }] }]
    const { bundle, issues } = extraction.extract(responseWith(form, items), options())
    const resources = (bundle?.entry ?? []).flatMap(({ resource }) => resource ?? [])
    return { texts: observations(resources).map(({ valueString }) => valueString), issues }
  }
  t.same(told('　一つ目\r\n　\n\n二つ目　').texts, ['一つ目', '二つ目'])
  t.same(told(' \n　').texts, [])
  t.same(told(`一つ目${'\n'.repeat(200_000)}二つ目`), { texts: ['一つ目', '二つ目'], issues: [] })
  const many = told('行\n'.repeat(150_000))
  t.equal(many.texts.length, 200)
  t.match(many.issues, [{ rule: 'extract-limit', severity: 'warning' }])
})

t.test('a masked answer is not told', async t => {
  const form = formOf('opinion-return-2026')
  const masked = { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }
  const response = responseWith(form, [
    { linkId: 'or.opinion', answer: [{ extension: [masked] }] },
    { linkId: 'or.measures', answer: [{ extension: [masked] }] }
  ])
  const extraction = compileExtraction(questionnaireOf('opinion-return-2026'), engines)
  t.equal(extraction.extract(response, options()).bundle, undefined)
})

t.test('a view form speaks of nothing that it leaves out', async t => {
  const viewForms = extracting.filter(({ derivedFrom }) => derivedFrom)
  t.ok(viewForms.length > 10)
  for (const { id, contained, extension } of viewForms) {
    const linkIds = new Set(formOf(id!).items.map(({ linkId }) => linkId))
    const named = JSON.stringify([contained, extension]).match(/\b(?:wi|oc|or|cd|sp|oh)\.[A-Za-z.]*[A-Za-z]/g) ?? []
    t.same(
      named.filter(linkId => !linkIds.has(linkId)),
      [],
      id!
    )
  }
})

const word = fc.string({ unit: 'grapheme', maxLength: 8 }).map(text => `w${text.replace(/\p{C}/gu, '')}`)
const twoDigits = (most: number, least = 0) =>
  fc.integer({ min: least, max: most }).map(n => String(n).padStart(2, '0'))

function valueFor(item: Item): fc.Arbitrary<unknown> {
  switch (item.type) {
    case 'group':
      return answersTo(item)
    case 'choice':
      return fc.constantFrom(...item.options.map(({ plain }) => plain))
    case 'open-choice':
      return fc.oneof(
        fc.constantFrom(...item.options.map(({ plain }) => plain)),
        word.map(other => ({ other }))
      )
    case 'date':
      return fc.tuple(twoDigits(12, 1), twoDigits(28, 1)).map(([month, day]) => `2026-${month}-${day}`)
    case 'time':
      return fc.tuple(twoDigits(23), twoDigits(59)).map(([hour, minute]) => `${hour}:${minute}`)
    case 'integer':
      return fc.integer({ min: Number(item.least ?? 0), max: Number(item.most ?? 9) })
    case 'decimal':
      return fc.integer({ min: 0, max: 40 }).map(quarters => quarters / 4)
    case 'text':
      return fc.array(word, { minLength: 1, maxLength: 3 }).map(words => words.join('\n'))
    default:
      return word
  }
}

/** Answers to what is required and some of the rest; ends of periods may stand before their beginnings. */
function answersTo(parent: Item): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const asked = parent.items.filter(({ type }) => type !== 'display')
  const model = Object.fromEntries(
    asked.map(item => {
      const value = valueFor(item)
      return [item.linkId, item.repeats ? fc.array(value, { minLength: 1, maxLength: 2 }) : value]
    })
  )
  return fc.record(model, { requiredKeys: asked.filter(({ required }) => required).map(({ linkId }) => linkId) })
}

/** A response that the form takes: answers that do not apply are taken out, what is needed is put in. */
function valid(form: Form, drawn: Readonly<Record<string, unknown>>): QuestionnaireResponse | undefined {
  const answers: Record<string, unknown> = { ...drawn }
  for (let turn = 0; turn < 4; turn++) {
    const response = responseWith(form, fromPlain(form, answers).items)
    const errors = form.check(response, { root: 'R' }).filter(({ severity }) => severity === 'error')
    if (errors.length === 0) return response
    for (const { linkId = '', rule } of errors) {
      if (rule === 'qr-06') answers[linkId] = form.item(linkId)?.type === 'date' ? '2026-12-29' : 'needed'
      else delete answers[linkId]
    }
  }
  return undefined
}

t.test('whatever a form takes is extracted as valid R4, without a doubt', async t => {
  t.ok(extracting.length > 15)
  for (const questionnaire of extracting) {
    const form = formOf(questionnaire.id!)
    const extraction = compileExtraction(questionnaire, engines)
    let taken = 0
    fc.assert(
      fc.property(answersTo(form.root), answers => {
        const response = valid(form, answers)
        if (!response) return
        taken++
        const { bundle, issues } = extraction.extract({ ...response, ...written }, options())
        if (issues.length > 0) throw new Error(JSON.stringify(issues))
        if (!bundle) throw new Error('nothing extracted')
        const wrong = structure.check(JSON.parse(JSON.stringify(bundle)), 'Bundle')
        if (wrong.length > 0) throw new Error(JSON.stringify(wrong))
      }),
      { numRuns: 12 }
    )
    t.ok(taken > 6, `${questionnaire.id}: ${taken} of 12`)
  }
})
