import t from 'tap'
import { fromPlain, toPlain } from '../../src/forms/plain.ts'
import { type PopulateFacts, populate } from '../../src/forms/populate.ts'
import { carries, factOfItem } from '../../src/forms/populate-table.ts'
import { formOf, formWith, questionnaires, responseWith } from './forms.ts'

const worker = { name: '両立 花子', birthDate: '1980-05-01' }
const organization = { name: '株式会社両立', address: '東京都千代田区', phone: '03-0000-0000' }
const institution = { name: '両立病院', address: '大阪府大阪市', phone: '06-0000-0000' }
const facts: PopulateFacts = { worker, organization, institution, earlier: [] }

function workInformation(answers: object) {
  const form = formOf('work-information-2026')
  return { kind: 'work-information' as const, response: responseWith(form, fromPlain(form, answers).items) }
}

t.test('an opinion begins with the worker and the hospital, and nothing of the employer', async t => {
  const form = formOf('opinion-return-2026')
  const response = populate(form, facts)
  t.match(response, { questionnaire: form.canonical, status: 'in-progress' })
  t.same(toPlain(form, response), {
    'or.patient.name': '両立 花子',
    'or.patient.birthDate': '1980-05-01',
    'or.institution.name': '両立病院',
    'or.institution.address': '大阪府大阪市',
    'or.institution.phone': '06-0000-0000'
  })
  t.ok(form.check(response, { root: 'R' }).every(issue => issue.rule === 'qr-05'))
})

t.test('what a version of the form does not ask is not written', async t => {
  t.same(Object.keys(toPlain(formOf('opinion-return-2024'), populate(formOf('opinion-return-2024'), facts))), [
    'or.patient.name',
    'or.patient.birthDate'
  ])
})

t.test('a card takes hours and duties from the work information', async t => {
  const earlier = [
    workInformation({
      'wi.duties.text': '営業',
      'wi.hours.start': '09:00',
      'wi.hours.break': 1,
      'wi.ohp.present': 'present'
    }),
    workInformation({ 'wi.duties.text': '以前の仕事', 'wi.hours.end': '18:00', 'wi.annualLeaveDays': 12 })
  ]
  const form = formOf('support-card-2026')
  t.match(toPlain(form, populate(form, { worker, earlier })), {
    'cd.worker.name': '両立 花子',
    'cd.duties': '営業',
    'cd.hours.start': '09:00:00',
    'cd.hours.end': '18:00:00',
    'cd.hours.break': 1,
    'cd.ohp.present': 'present'
  })
})

t.test('the next work information keeps hours and schemes, not the leave that was left', async t => {
  const earlier = [
    workInformation({
      'wi.schemes': ['telework', { other: '通院休暇' }],
      'wi.hours.start': '09:00',
      'wi.annualLeaveDays': 12,
      'wi.remarks': 'x',
      'wi.company.name': '旧社名'
    })
  ]
  const form = formOf('work-information-2024')
  t.same(toPlain(form, populate(form, { ...facts, earlier })), {
    'wi.worker.name': '両立 花子',
    'wi.worker.birthDate': '1980-05-01',
    'wi.hours.start': '09:00:00',
    'wi.schemes': ['telework', { other: '通院休暇' }],
    'wi.company.name': '株式会社両立'
  })
})

t.test('a plan begins with its kind, the hours of work and what physicians advise', async t => {
  const opinion = formOf('opinion-return-2026')
  const advised = { 'or.measures': '残業を避ける', 'or.considerations': '通院時間を確保する', 'or.opinionText': 'x' }
  const earlier = [
    { kind: 'opinion-return' as const, response: responseWith(opinion, fromPlain(opinion, advised).items) },
    workInformation({
      'wi.duties.text': '営業',
      'wi.hours.start': '10:00',
      'wi.hours.end': '15:00',
      'wi.hours.break': 1
    })
  ]
  const form = formOf('support-plan-2026')
  t.same(toPlain(form, populate(form, { case: { kind: 'return' }, worker, earlier })), {
    'sp.kind': 'return',
    'sp.worker.name': '両立 花子',
    'sp.worker.birthDate': '1980-05-01',
    'sp.phase': [{ 'sp.phase.hours': '10:00～15:00(1時間休憩)', 'sp.phase.measures': '残業を避ける' }],
    'sp.duties': '営業',
    'sp.considerations': '通院時間を確保する'
  })
})

t.test('a kind of case that the form does not offer, and hours without an end, begin nothing', async t => {
  const form = formOf('support-plan-2026')
  const earlier = [workInformation({ 'wi.hours.start': '10:00' })]
  t.same(Object.keys(toPlain(form, populate(form, { case: { kind: 'card' }, worker, earlier }))), [
    'sp.worker.name',
    'sp.worker.birthDate'
  ])
})

t.test('a hospital’s address comes out of its own earlier forms, never out of another’s', async t => {
  const card = formOf('support-card-2026')
  const reached = {
    'cd.institution.name': '別の病院',
    'cd.institution.address': '京都市',
    'cd.institution.phone': '075'
  }
  const before = (isOwn: boolean) => ({
    kind: 'support-card' as const,
    response: responseWith(card, fromPlain(card, reached).items),
    isOwn
  })
  const form = formOf('opinion-continuation-2026')
  const begun = (isOwn: boolean) =>
    toPlain(form, populate(form, { worker, institution: { name: '両立病院' }, earlier: [before(isOwn)] }))
  t.match(begun(true), {
    'oc.institution.name': '両立病院',
    'oc.institution.address': '京都市',
    'oc.institution.phone': '075'
  })
  t.same(Object.keys(begun(false)), ['oc.patient.name', 'oc.patient.birthDate', 'oc.institution.name'])
})

t.test('an opinion takes the address that the work information says', async t => {
  const form = formOf('opinion-return-2026')
  const earlier = [workInformation({ 'wi.worker.address': '東京都中央区' })]
  t.match(toPlain(form, populate(form, { worker, earlier })), { 'or.patient.address': '東京都中央区' })
})

t.test('the next card keeps work and hazards', async t => {
  const card = formOf('support-card-2026')
  const answers = { 'cd.duties': '営業', 'cd.hazard': ['p1-standing'], 'cd.diagnosis': 'x' }
  const earlier = [{ kind: 'support-card' as const, response: responseWith(card, fromPlain(card, answers).items) }]
  t.same(toPlain(card, populate(card, { worker, earlier })), {
    'cd.worker.name': '両立 花子',
    'cd.worker.birthDate': '1980-05-01',
    'cd.duties': '営業',
    'cd.hazard': ['p1-standing']
  })
})

t.test('what does not fit the item is left out, and initial values of the form stand', async t => {
  const earlier = [workInformation({ 'wi.duties.text': { masked: true }, 'wi.hours.daysPerWeek': 5 })]
  const card = formOf('support-card-2026')
  t.same(Object.keys(toPlain(card, populate(card, { worker: { name: 'x', birthDate: 'unknown' }, earlier }))), [
    'cd.worker.name',
    'cd.hours.daysPerWeek'
  ])
  const form = formWith(
    { linkId: 'a', type: 'integer', initial: [{ valueInteger: 3 }] },
    { linkId: 'c', type: 'choice', answerOption: [{ valueString: 'x' }, { valueString: 'y', initialSelected: true }] }
  )
  t.same(toPlain(form, populate(form, facts)), { a: 3, c: 'y' })
})

t.test('the table names items that exist', async t => {
  const linkIds = new Set(questionnaires.flatMap(each => formOf(each.id!).items.map(item => item.linkId)))
  const named = [
    ...Object.keys(factOfItem),
    ...carries.flatMap(({ items, hours = [] }) => [...Object.entries(items).flat(), ...hours])
  ]
  for (const linkId of named) t.ok(linkIds.has(linkId), linkId)
})
