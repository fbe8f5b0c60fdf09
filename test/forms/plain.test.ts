import fc from 'fast-check'
import t from 'tap'
import { fromPlain, toPlain } from '../../src/forms/plain.ts'
import { plainPath } from '../../src/forms/plain-path.ts'
import { answered, ext, formOf, formWith, type Items, questionnaires, responseWith } from './forms.ts'
import { formAndResponse, responseTo } from './generate.ts'

t.test('a response becomes plain answers and the same response again', async t => {
  fc.assert(
    fc.property(formAndResponse(), ({ form, response }) => {
      const plain = JSON.parse(JSON.stringify(toPlain(form, response)))
      t.same(fromPlain(form, plain), { items: JSON.parse(JSON.stringify(response.item)), issues: [] })
      t.same(toPlain(form, responseWith(form, fromPlain(form, plain).items)), plain)
    }),
    { numRuns: 100 }
  )
})

t.test('so does any response to a form of the project', async t => {
  for (const { id } of questionnaires) {
    const form = formOf(id!)
    fc.assert(
      fc.property(responseTo(form), response => {
        const plain = JSON.parse(JSON.stringify(toPlain(form, response)))
        t.same(fromPlain(form, plain), { items: JSON.parse(JSON.stringify(response.item)), issues: [] }, id!)
      }),
      { numRuns: 15 }
    )
  }
})

t.test('work information as an HR platform writes it', async t => {
  const form = formOf('work-information-2026')
  const plain = {
    'wi.company.name': '株式会社両立',
    'wi.worker.birthDate': '1980-05-01',
    'wi.shift': { other: '変形労働' },
    'wi.hours.start': '09:00',
    'wi.hours.break': 1.5,
    'wi.commute.method': ['walk', { other: '船' }],
    'wi.remarks': null,
    'wi.travel': ''
  }
  const { items, issues } = fromPlain(form, plain)
  t.same(issues, [])
  t.same(items, [
    { linkId: 'wi.worker.birthDate', text: '生年月日', answer: [{ valueDate: '1980-05-01' }] },
    { linkId: 'wi.shift', text: '勤務形態', answer: [{ valueString: '変形労働' }] },
    { linkId: 'wi.hours.start', text: '勤務時間(始業)', answer: [{ valueTime: '09:00:00' }] },
    { linkId: 'wi.hours.break', text: '休憩 時間', answer: [{ valueDecimal: 1.5 }] },
    {
      linkId: 'wi.commute.method',
      text: '通勤方法',
      answer: [
        {
          valueCoding: {
            system: 'https://ryoritsu.example/fhir/CodeSystem/commute-method',
            code: 'walk',
            display: '徒歩'
          }
        },
        { valueString: '船' }
      ]
    },
    { linkId: 'wi.company.name', text: '(会社名)', answer: [{ valueString: '株式会社両立' }] }
  ])
  t.same(toPlain(form, responseWith(form, items)), {
    'wi.worker.birthDate': '1980-05-01',
    'wi.shift': { other: '変形労働' },
    'wi.hours.start': '09:00:00',
    'wi.hours.break': 1.5,
    'wi.commute.method': ['walk', { other: '船' }],
    'wi.company.name': '株式会社両立'
  })
})

t.test('all that cannot be read is named at once, by its place', async t => {
  const form = formOf('support-plan-2026')
  const { items, issues } = fromPlain(form, {
    'sp.kind': 'holiday',
    'sp.createdOn': '2026-02-30',
    'sp.worker.name': 5,
    'sp.phase': [{ 'sp.phase.period': '1か月目', 'sp.phase.hours': { other: 'x' } }, 'x', { 'a/b~c': 1 }],
    'sp.treatment': ['x'],
    'sp.sign.worker': true
  })
  t.same(
    issues.map(({ path, rule }) => `${rule} ${path}`),
    [
      'qr-10 /answers/sp.sign.worker',
      'qr-37 /answers/sp.kind',
      'qr-35 /answers/sp.createdOn',
      'qr-35 /answers/sp.worker.name',
      'qr-35 /answers/sp.treatment',
      'qr-35 /answers/sp.phase/0/sp.phase.hours',
      'qr-35 /answers/sp.phase/1',
      'qr-10 /answers/sp.phase/2/a~1b~0c'
    ]
  )
  t.match(issues[2]?.text, { ja: /「作成日」.*date/, en: /"Date of writing".*date/ })
  t.notMatch(JSON.stringify(issues.map(({ text, fix }) => [text, fix])), /holiday|02-30/)
  t.same(
    items.map(item => [item.linkId, item.item?.length ?? 0]),
    [
      ['sp.phase', 1],
      ['sp.phase', 0],
      ['sp.phase', 0]
    ],
    'what could be read keeps its place'
  )
  for (const answers of [undefined, null, [], 'x']) {
    t.match(fromPlain(form, answers), { items: [], issues: [{ path: '/answers', rule: 'qr-35' }] })
  }
})

t.test('no plain value is thrown at', async t => {
  const form = formOf('support-plan-2026')
  const linkIds = form.items.map(item => item.linkId)
  const answers = fc.dictionary(fc.constantFrom(...linkIds), fc.anything(), { noNullPrototype: true })
  fc.assert(
    fc.property(fc.oneof(answers, fc.anything()), value => {
      const { items } = fromPlain(form, value)
      const issues = form.check(responseWith(form, items), { root: 'R' })
      t.notOk(issues.some(issue => ['qr-10', 'qr-11', 'qr-12', 'qr-18'].includes(issue.rule)))
    }),
    { numRuns: 100 }
  )
})

t.test('what was withheld shows as masked, both ways', async t => {
  const form = formOf('opinion-continuation-2026')
  const masked = { extension: [ext('data-absent-reason', { valueCode: 'masked' })] }
  const items = [
    { linkId: 'oc.diagnosis', text: '病名', answer: [{ _valueString: masked }] },
    { linkId: 'oc.canWork', text: form.item('oc.canWork')!.text, answer: [{ valueCoding: masked }] },
    { linkId: 'oc.period.start', text: form.item('oc.period.start')!.text, answer: [{ _valueDate: masked }] }
  ] as Items
  const plain = toPlain(form, responseWith(form, items))
  t.same(plain, {
    'oc.diagnosis': { masked: true },
    'oc.canWork': { masked: true },
    'oc.period.start': { masked: true }
  })
  t.same(fromPlain(form, plain), { items, issues: [] })
})

t.test('codes that two systems share are told apart, and a code of no option stays whole', async t => {
  const answerOption = ['urn:a', 'urn:b'].map(system => ({ valueCoding: { system, code: 'x' } }))
  const form = formWith({ linkId: 'c', type: 'choice', answerOption })
  const plainOf = (valueCoding: object) => toPlain(form, responseWith(form, [answered('c', 'Coding', valueCoding)]))
  t.same(plainOf({ system: 'urn:b', code: 'x' }), { c: 'urn:b|x' })
  t.same(plainOf({ system: 'urn:c', code: 'x' }), { c: { system: 'urn:c', code: 'x' } })
  t.same(fromPlain(form, { c: 'urn:b|x' }).items, [answered('c', 'Coding', { system: 'urn:b', code: 'x' })])
})

t.test('names that JavaScript knows are names like any other', async t => {
  const form = formWith({ linkId: '__proto__', type: 'string' }, { linkId: 'constructor', type: 'string' })
  t.same(fromPlain(form, {}).items, [])
  const items = [answered('__proto__', 'String', 'x'), answered('constructor', 'String', 'y')]
  const plain = toPlain(form, responseWith(form, items))
  t.same(Object.entries(plain), [
    ['__proto__', 'x'],
    ['constructor', 'y']
  ])
  t.same(fromPlain(form, plain).items, items)
})

t.test('an issue of the check is shown where the plain answers have it', async t => {
  const form = formOf('support-plan-2026')
  const phase = (hours: string) => ({ 'sp.phase.hours': hours, 'sp.phase.measures': 'x' })
  const { items } = fromPlain(form, { 'sp.kind': 'return', 'sp.phase': [phase('a'), phase('a\nb')] })
  const response = responseWith(form, items)
  const paths = form
    .check(response, { root: 'R' })
    .map(issue => `${issue.rule} ${plainPath(form, response, 'R', issue)}`)
  t.same(paths, [
    'qr-06 /answers/sp.createdOn',
    'qr-06 /answers/sp.worker.name',
    'qr-06 /answers/sp.worker.birthDate',
    'qr-06 /answers/sp.treatment',
    'qr-06 /answers/sp.returnDate',
    'qr-06 /answers/sp.followup',
    'qr-06 /answers/sp.phase/0/sp.phase.period',
    'qr-06 /answers/sp.phase/1/sp.phase.period',
    'qr-48 /answers/sp.phase/1/sp.phase.hours'
  ])
  const nested = formWith({
    linkId: 'a',
    type: 'integer',
    repeats: true,
    item: [{ linkId: 'n', type: 'integer', required: true }]
  })
  const plain = { a: [{ answer: 1, items: { n: 2 } }, { answer: 3 }] }
  const nestedResponse = responseWith(nested, fromPlain(nested, plain).items)
  t.same(
    nested.check(nestedResponse, { root: 'R' }).map(issue => plainPath(nested, nestedResponse, 'R', issue)),
    ['/answers/a/1/items/n']
  )
})

t.test('objects, references, odd numbers and options of every type come back as they were', async t => {
  const masked = { extension: [ext('data-absent-reason', { valueCode: 'masked' })] }
  const form = formWith(
    { linkId: 'q', type: 'quantity', repeats: true },
    { linkId: 'a', type: 'attachment' },
    { linkId: 'r', type: 'reference' },
    { linkId: 'd', type: 'decimal', repeats: true },
    { linkId: 't', type: 'dateTime' },
    {
      linkId: 'o',
      type: 'open-choice',
      repeats: true,
      answerOption: [{ valueCoding: { system: 'urn:s', code: 'c' } }]
    },
    { linkId: 'i', type: 'choice', answerOption: [{ valueInteger: 1 }, { valueInteger: 2 }] },
    { linkId: 's', type: 'open-choice', repeats: true, answerOption: [{ valueString: 'x' }] },
    { linkId: 'b', type: 'boolean' }
  )
  const kilogram = { value: 1.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' }
  const items = [
    { linkId: 'q', answer: [{ valueQuantity: kilogram }, { valueQuantity: masked }] },
    { linkId: 'a', answer: [{ valueAttachment: { contentType: 'text/plain', data: 'eA==', title: 't' } }] },
    answered('r', 'Reference', { reference: 'Patient/1', display: 'd' }),
    { linkId: 'd', answer: [{ valueDecimal: 1e-7 }, { valueDecimal: 12345678901234.5 }, { valueDecimal: -0.1 }] },
    answered('t', 'DateTime', '2026-01-01T09:00:00+09:00'),
    {
      linkId: 'o',
      answer: [
        { valueCoding: { system: 'urn:s', code: 'c' } },
        { valueCoding: { system: 'urn:t', code: 'c', display: 'z' } },
        { valueString: 'c' },
        { valueCoding: masked }
      ]
    },
    answered('i', 'Integer', 2),
    { linkId: 's', answer: [{ valueString: 'x' }, { valueString: 'y' }] },
    { linkId: 'b', answer: [{ _valueBoolean: masked }] }
  ] as Items
  const plain = JSON.parse(JSON.stringify(toPlain(form, responseWith(form, items))))
  t.match(plain, { o: ['c', { system: 'urn:t' }, { other: 'c' }, { masked: true }], s: ['x', { other: 'y' }], i: 2 })
  t.same(fromPlain(form, plain), { items, issues: [] })
})
