import type { QuestionnaireItem, QuestionnaireItemEnableWhen } from '@medplum/fhirtypes'
import t from 'tap'
import { answered, ext, formOf, formWith, found, type Items, required } from './forms.ts'

const system = 'http://example.org/codes'
const own = (name: string) => `https://ryoritsu.example/fhir/StructureDefinition/${name}`
const when = (question: string, operator: QuestionnaireItemEnableWhen['operator'], answer: object) => ({
  enableWhen: [{ question, operator, ...answer } as QuestionnaireItemEnableWhen]
})
const q: QuestionnaireItem = { linkId: 'q', type: 'integer' }
const d = answered('d', 'String', 'x')

t.test('an item that does not apply must be empty, and nothing in it is missed', async t => {
  const form = formWith(q, { ...required('d'), ...when('q', '=', { answerInteger: 1 }) })
  t.same(found(form, [answered('q', 'Integer', 1), d]), [])
  t.same(found(form, [answered('q', 'Integer', 1)]), ['e qr-06 R'])
  t.same(found(form, [answered('q', 'Integer', 2)]), [])
  t.same(found(form, [answered('q', 'Integer', 2), d]), ['e qr-22 R.item[1]'])
  t.same(found(form, [d]), ['e qr-22 R.item[0]'], 'no answer satisfies nothing')
  t.same(found(form, [{ linkId: 'd', text: 'shell' }]), [], 'a bare item is tolerated')
})

t.test('operators: any answer that satisfies is enough, none satisfies not even !=', async t => {
  const holds = (operator: QuestionnaireItemEnableWhen['operator'], ...values: number[]) => {
    const form = formWith(
      { ...q, repeats: true },
      { linkId: 'd', type: 'string', ...when('q', operator, { answerInteger: 5 }) }
    )
    return found(form, [answered('q', 'Integer', ...values), d]).length === 0
  }
  t.same([holds('=', 5), holds('=', 4), holds('=', 4, 5)], [true, false, true])
  t.same([holds('!=', 5), holds('!=', 4), holds('!=', 4, 5)], [false, true, true])
  t.same(
    [holds('>', 5), holds('>', 6), holds('>=', 5), holds('<', 5), holds('<=', 5)],
    [false, true, true, false, true]
  )
  t.notOk(holds('!='), 'an item without answers')
})

t.test('exists asks for an answer or for none', async t => {
  const exists = formWith(q, { linkId: 'd', type: 'string', ...when('q', 'exists', { answerBoolean: true }) })
  const absent = formWith(q, { linkId: 'd', type: 'string', ...when('q', 'exists', { answerBoolean: false }) })
  t.same(found(exists, [answered('q', 'Integer', 0), d]), [])
  t.same(found(exists, [{ linkId: 'q', answer: [{}] }, d]), ['e qr-22 R.item[1]'])
  t.same(found(absent, [d]), [])
  t.same(found(absent, [answered('q', 'Integer', 0), d]), ['e qr-22 R.item[1]'])
})

t.test('values of every type compare as their type does', async t => {
  const cases: [QuestionnaireItem['type'], string, object, unknown, unknown][] = [
    ['boolean', 'Boolean', { answerBoolean: true }, true, false],
    ['string', 'String', { answerString: 'a' }, 'a', 'b'],
    ['date', 'Date', { answerDate: '2026-09-01' }, '2026-09-01', '2026-09'],
    [
      'dateTime',
      'DateTime',
      { answerDateTime: '2026-09-01T09:00:00+09:00' },
      '2026-09-01T00:00:00Z',
      '2026-09-01T09:00:00Z'
    ],
    ['time', 'Time', { answerTime: '09:00:00' }, '09:00:00.0', '09:00:01'],
    [
      'quantity',
      'Quantity',
      { answerQuantity: { value: 1, system, code: 'h' } },
      { value: 1, system, code: 'h' },
      { value: 2, system, code: 'h' }
    ],
    [
      'reference',
      'Reference',
      { answerReference: { reference: 'Patient/1' } },
      { reference: 'Patient/1' },
      { reference: 'Patient/2' }
    ],
    [
      'choice',
      'Coding',
      { answerCoding: { system, code: 'a' } },
      { system, code: 'a', display: 'any' },
      { system: 'urn:x', code: 'a' }
    ],
    ['choice', 'Coding', { answerCoding: { code: 'a' } }, { system: 'urn:x', code: 'a' }, { system, code: 'b' }],
    ['open-choice', 'Coding', { answerCoding: { system, code: 'a' } }, { system, code: 'a' }, { system, code: 'b' }]
  ]
  for (const [type, name, answer, same, other] of cases) {
    const form = formWith({ linkId: 'q', type }, { linkId: 'd', type: 'string', ...when('q', '=', answer) })
    t.same(found(form, [answered('q', name, same), d]), [], `${type} ${JSON.stringify(answer)}`)
    t.same(found(form, [answered('q', name, other), d]), ['e qr-22 R.item[1]'], `${type} ${JSON.stringify(other)}`)
  }
  const open = formWith(
    { linkId: 'q', type: 'open-choice' },
    { linkId: 'd', type: 'string', ...when('q', '!=', { answerCoding: { code: 'a' } }) }
  )
  t.same(found(open, [answered('q', 'String', 'a'), d]), [], 'free text is no code')
})

t.test('what does not compare is an error at the answer that decides', async t => {
  const form = formWith(
    { linkId: 'q', type: 'quantity' },
    { linkId: 'd', type: 'string', ...when('q', '>', { answerQuantity: { value: 1, system, code: 'h' } }) }
  )
  t.same(found(form, [answered('q', 'Quantity', { value: 90, system, code: 'min' }), d]), [
    'e qr-28 R.item[0].answer[0]'
  ])
  const number = formWith(q, { linkId: 'd', type: 'string', ...when('q', '=', { answerInteger: 1 }) })
  t.same(found(number, [answered('q', 'String', '1'), d]), [
    'e qr-28 R.item[0].answer[0]',
    'e qr-35 R.item[0].answer[0].value'
  ])
})

t.test('several conditions join by any or all', async t => {
  const two = (enableBehavior: 'any' | 'all') =>
    formWith(
      q,
      { linkId: 'r', type: 'integer' },
      {
        linkId: 'd',
        type: 'string',
        enableBehavior,
        enableWhen: [
          { question: 'q', operator: '=', answerInteger: 1 },
          { question: 'r', operator: '=', answerInteger: 1 }
        ]
      }
    )
  const items = [answered('q', 'Integer', 1), answered('r', 'Integer', 2), d]
  t.same(found(two('any'), items), [])
  t.same(found(two('all'), items), ['e qr-22 R.item[2]'])
})

t.test('inside a repeating group a condition looks at its own repetition only', async t => {
  const form = formWith({
    linkId: 'g',
    type: 'group',
    repeats: true,
    item: [q, { linkId: 'd', type: 'string', ...when('q', '=', { answerInteger: 1 }) }]
  })
  const repetition = (value: number): Items[number] => ({ linkId: 'g', item: [answered('q', 'Integer', value), d] })
  t.same(found(form, [repetition(1), repetition(2), repetition(1)]), ['e qr-22 R.item[1].item[1]'])
})

t.test('from outside, any repetition satisfies a condition', async t => {
  const form = formWith(
    { linkId: 'g', type: 'group', repeats: true, item: [q] },
    { linkId: 'd', type: 'string', ...when('q', '=', { answerInteger: 1 }) }
  )
  const repetition = (value: number) => ({ linkId: 'g', item: [answered('q', 'Integer', value)] })
  t.same(found(form, [repetition(2), repetition(1), d]), [])
  t.same(found(form, [repetition(2), d]), ['e qr-22 R.item[1]'])
})

t.test('a condition may ask for the question that holds the item', async t => {
  const form = formWith({ ...q, item: [{ linkId: 'd', type: 'string', ...when('q', '=', { answerInteger: 1 }) }] })
  const holding = (valueInteger: number) => [{ linkId: 'q', answer: [{ valueInteger, item: [d] }] }]
  t.same(found(form, holding(1)), [])
  t.same(found(form, holding(2)), ['e qr-22 R.item[0].answer[0].item[0]'])
})

t.test('an answer that must not be there enables nothing, wherever the items stand', async t => {
  const form = formWith({ linkId: 'third', type: 'string', ...when('second', 'exists', { answerBoolean: true }) }, q, {
    linkId: 'g',
    type: 'group',
    ...when('q', '=', { answerInteger: 1 }),
    item: [{ linkId: 'second', type: 'string' }]
  })
  const third = answered('third', 'String', 'x')
  const group = { linkId: 'g', item: [answered('second', 'String', 'x')] }
  t.same(found(form, [third, answered('q', 'Integer', 1), group]), [])
  t.same(found(form, [third, answered('q', 'Integer', 2), group]), ['e qr-22 R.item[0]', 'e qr-22 R.item[2]'])
})

t.test('a masked answer leaves open what depends on it', async t => {
  const form = formWith(
    { linkId: 'q', type: 'choice' },
    { ...required('d'), ...when('q', '=', { answerCoding: { code: 'a' } }) },
    { ...required('e'), ...when('q', 'exists', { answerBoolean: true }) }
  )
  const masked = { valueCoding: { extension: [ext('data-absent-reason', { valueCode: 'masked' })] } }
  const items = [{ linkId: 'q', answer: [masked] }] as Items
  t.same(found(form, items, { redacted: true }), ['e qr-06 R'], 'only that it exists is known')
  t.same(found(form, [...items, d, answered('e', 'String', 'x')], { redacted: true }), [])
})

t.test('our required-when: an optional item that an answer makes necessary', async t => {
  const form = formOf('opinion-return-2026')
  const opinion = (code: string, ...more: Items) =>
    found(form, [
      answered('or.patient.name', 'String', 'x'),
      answered('or.patient.birthDate', 'Date', '1980-01-01'),
      answered('or.opinion', 'Coding', { system: 'https://ryoritsu.example/fhir/CodeSystem/return-opinion', code }),
      ...more,
      answered('or.institution.name', 'String', 'x'),
      answered('or.institution.address', 'String', 'x'),
      answered('or.institution.phone', 'String', 'x')
    ])
  const measures = answered('or.measures', 'String', '残業を避ける')
  const period = (start: string, end: string) => [
    answered('or.period.start', 'Date', start),
    answered('or.period.end', 'Date', end)
  ]
  t.same(opinion('yes'), [])
  t.same(opinion('conditional'), ['e qr-06 R'])
  t.same(opinion('conditional', measures), ['e qr-06 R', 'e qr-06 R'], 'measures need a period')
  t.same(opinion('conditional', measures, ...period('2026-09-01', '2027-02-28')), [])
  t.same(opinion('conditional', measures, ...period('2026-09-01', '2026-09-01')), [])
  t.same(opinion('conditional', measures, ...period('2026-09-02', '2026-09-01')), ['e qr-44 R.item[5].answer[0].value'])
  t.same(opinion('conditional', measures, ...period('2026-09-02', '2026-09')), ['e qr-44 R.item[5].answer[0].value'])
  t.same(opinion('not-now'), ['e qr-06 R'], 'the date of the absence')
})

t.test('required-when inside a repeating group asks for its own repetition', async t => {
  const extension = [
    ext(own('required-when'), {
      extension: [
        { url: 'question', valueString: 'q' },
        { url: 'exists', valueBoolean: true }
      ]
    })
  ]
  const form = formWith({
    linkId: 'g',
    type: 'group',
    repeats: true,
    item: [q, { linkId: 'd', type: 'string', extension }]
  })
  const withAnswer = { linkId: 'g', item: [answered('q', 'Integer', 1)] }
  t.same(found(form, [{ linkId: 'g', item: [d] }, withAnswer]), ['e qr-06 R.item[1]'])
  t.same(found(form, [withAnswer], { status: 'in-progress' }), ['w qr-05 R.item[0]'])
})

t.test('many items that ask for many answers do not cost their product', async t => {
  const gate = when('q', '=', { answerInteger: -1 })
  const form = formWith(
    { ...q, repeats: true },
    { linkId: 'g', type: 'group', repeats: true, item: [{ linkId: 'd', type: 'string', ...gate }] }
  )
  const answers = { linkId: 'q', answer: Array.from({ length: 20_000 }, (_, valueInteger) => ({ valueInteger })) }
  let reads = 0
  Object.defineProperty(answers.answer[0], 'valueInteger', { enumerable: true, get: () => reads++ })
  const groups = Array.from({ length: 20_000 }, () => ({ linkId: 'g', item: [{ linkId: 'd' }] }))
  t.same(found(form, [answers, ...groups]), [])
  t.equal(reads, 1, 'the answers are read once')
})
