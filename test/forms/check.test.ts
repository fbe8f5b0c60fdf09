import fc from 'fast-check'
import t from 'tap'
import { answered, ext, formOf, formWith, found, type Items, required, responseWith } from './forms.ts'
import { formAndResponse } from './generate.ts'

const a = answered('a', 'String', 'x')
const b = answered('b', 'String', 'y')

t.test('what is required must be there once the response is completed', async t => {
  const form = formWith(required('a'), { linkId: 'b', type: 'string' })
  t.same(found(form, [a]), [])
  t.same(found(form, [b]), ['e qr-06 R'])
  t.same(found(form, [b], { status: 'amended' }), ['e qr-06 R'])
  t.same(found(form, [b], { status: 'in-progress' }), ['w qr-05 R'])
  t.same(found(form, [b], { status: 'entered-in-error' }), [])
  t.same(found(form, [{ linkId: 'a' }, b]), ['e qr-06 R.item[0]'], 'a bare item is no answer')
  t.same(found(form, [{ linkId: 'a', answer: [{}] }]), ['e qr-06 R.item[0]'], 'nor is an answer without value')
  t.same(found(form, [answered('a', 'String', '  　')]), ['e qr-06 R.item[0]'], 'nor is white space')
})

t.test('groups: what they require, when they are there', async t => {
  const inner = [required('a'), { linkId: 'b', type: 'string' as const }]
  const optional = formWith({ linkId: 'g', type: 'group', item: inner })
  t.same(found(optional, []), [], 'an absent optional group misses nothing')
  t.same(found(optional, [{ linkId: 'g' }]), [], 'nor does an empty one')
  t.same(found(optional, [{ linkId: 'g', item: [b] }]), ['e qr-06 R.item[0]'])
  const demanded = formWith({ linkId: 'g', type: 'group', required: true, item: inner })
  t.same(found(demanded, []), ['e qr-06 R'])
  t.same(found(demanded, [{ linkId: 'g' }]), ['e qr-19 R.item[0]'])
  t.same(found(demanded, [{ linkId: 'g', item: [a] }]), [])
})

t.test('what a question requires inside its answer', async t => {
  const form = formWith({ linkId: 'a', type: 'string', repeats: true, item: [required('b')] })
  const complete = { valueString: 'x', item: [b] }
  t.same(found(form, [{ linkId: 'a', answer: [complete, complete] }]), [])
  t.same(found(form, [{ linkId: 'a', answer: [complete, { valueString: 'x' }] }]), ['e qr-06 R.item[0].answer[1]'])
})

t.test('linkIds, places and order', async t => {
  const form = formWith(
    { linkId: 'a', type: 'string' },
    { linkId: 'b', type: 'string' },
    { linkId: 'g', type: 'group', item: [{ linkId: 'c', type: 'integer' }] }
  )
  t.same(found(form, [a, b]), [])
  t.same(found(form, [{ answer: [] } as unknown as Items[number]]), ['e qr-09 R.item[0]'])
  t.same(found(form, [a, { linkId: 'z' }]), ['e qr-10 R.item[1]'])
  t.same(found(form, [b, a]), ['e qr-12 R.item[1]'])
  const misplaced = answered('c', 'String', 'x')
  t.same(found(form, [misplaced]), ['e qr-11 R.item[0]', 'e qr-35 R.item[0].answer[0].value'], 'its content is judged')
  t.same(found(form, [a, a]), ['e qr-13 R.item[1]'])
  t.same(found(form, [answered('a', 'String', 'x', 'y')]), ['e qr-14 R.item[0].answer[1]'])
})

t.test('repetition: a group is many items, a question many answers', async t => {
  const form = formWith(
    { linkId: 'a', type: 'string', repeats: true },
    { linkId: 'g', type: 'group', repeats: true, item: [{ linkId: 'b', type: 'string' }] }
  )
  const g = { linkId: 'g', item: [b] }
  t.same(found(form, [answered('a', 'String', 'x', 'y'), g, g]), [])
  t.same(found(form, [a, a]), ['e qr-14 R.item[1]'])
})

t.test('what may hold what', async t => {
  const form = formWith(
    { linkId: 'g', type: 'group', item: [{ linkId: 'c', type: 'string' }] },
    { linkId: 'd', type: 'display', text: 'A note' },
    { linkId: 'q', type: 'string', item: [{ linkId: 'n', type: 'string' }] }
  )
  const n = answered('n', 'String', 'x')
  t.same(found(form, [{ linkId: 'g', answer: [{ valueString: 'x' }] }]), ['e qr-15 R.item[0]'])
  t.same(found(form, [{ linkId: 'd', text: 'A note' }]), [])
  t.same(found(form, [{ linkId: 'd', answer: [{ valueString: 'x' }] }]), ['e qr-17 R.item[0]'])
  t.same(found(form, [{ linkId: 'd', item: [] }]), ['e qr-17 R.item[0]'])
  t.same(found(form, [{ linkId: 'q', answer: [{ valueString: 'x', item: [n] }] }]), [])
  t.same(found(form, [{ linkId: 'q', answer: [{ valueString: 'x' }], item: [n] }]), ['e qr-16 R.item[0]'])
})

t.test('a text is that of the form or one of its translations', async t => {
  const translation = ext('translation', {
    extension: [
      { url: 'lang', valueCode: 'en' },
      { url: 'content', valueString: 'Name' }
    ]
  })
  const form = formWith({ linkId: 'a', type: 'string', text: '氏名', _text: { extension: [translation] } } as never)
  t.same(found(form, [{ ...a, text: '氏名' }]), [])
  t.same(found(form, [{ ...a, text: 'Name' }]), [])
  t.same(found(form, [{ ...a, text: '氏 名' }]), ['e qr-18 R.item[0].text'])
})

t.test('how many: bounds of answers and of repetitions', async t => {
  const bounds = [
    ext('questionnaire-minOccurs', { valueInteger: 2 }),
    ext('questionnaire-maxOccurs', { valueInteger: 3 })
  ]
  const question = formWith({ linkId: 'a', type: 'string', repeats: true, extension: bounds })
  const answers = (count: number) => [answered('a', 'String', ...'xyzuv'.slice(0, count))]
  t.same(found(question, []), ['e qr-51 R'])
  t.same(found(question, answers(1)), ['e qr-51 R.item[0].answer[0]'])
  t.same(found(question, answers(1), { status: 'in-progress' }), ['w qr-51 R.item[0].answer[0]'])
  t.same(found(question, answers(2)), [])
  t.same(found(question, answers(3)), [])
  t.same(found(question, answers(4)), ['e qr-51 R.item[0].answer[3]'])
  const item = [{ linkId: 'b', type: 'string' as const }]
  const group = formWith({ linkId: 'g', type: 'group', repeats: true, extension: bounds, item })
  const g = { linkId: 'g', item: [b] }
  t.same(found(group, []), ['e qr-51 R'])
  t.same(found(group, [g]), ['e qr-51 R.item[0]'])
  t.same(found(group, [g, g, g]), [])
  t.same(found(group, [g, g, g, g]), ['e qr-51 R.item[0]'])
})

t.test('a masked answer stands for an answer only in a response marked as redacted', async t => {
  const form = formWith(required('a', 'text'), required('c', 'choice'), required('d', 'date'))
  const masked = { extension: [ext('data-absent-reason', { valueCode: 'masked' })] }
  const items = [
    { linkId: 'a', answer: [{ _valueString: masked }] },
    { linkId: 'c', answer: [{ valueCoding: masked }] },
    { linkId: 'd', answer: [{ _valueString: masked }] }
  ] as Items
  t.same(found(form, items, { redacted: true }), [])
  t.same(found(form, items), ['e qr-06 R.item[0]', 'e qr-06 R.item[1]', 'e qr-06 R.item[2]'])
  t.same(found(form, items.slice(1), { redacted: true }), ['e qr-06 R'], 'what is not there is not masked')
})

t.test(
  'a real opinion with five mistakes hears of all five at once, in both languages and without its content',
  async t => {
    const form = formOf('opinion-return-2026')
    const response = responseWith(form, [
      { linkId: 'or.patient.name', text: '患者', answer: [{ valueString: '両立 花子' }] },
      { linkId: 'or.patient.birthDate', answer: [{ valueDate: '1980-02-30' }] },
      { linkId: 'or.opinion', answer: [{ valueCoding: { system: 'urn:x', code: 'maybe' } }] },
      { linkId: 'or.absentUntil', answer: [{ valueDate: '2026-12-01' }] },
      { linkId: 'or.institution.name', answer: [{ valueString: '両立病院' }] },
      { linkId: 'or.institution.address', answer: [{ valueString: '東京都' }] }
    ])
    const issues = form.check(response, { root: 'Bundle.entry[1].resource' })
    t.same(
      issues.map(({ rule, expression, linkId }) => `${rule} ${expression} ${linkId}`),
      [
        'qr-06 Bundle.entry[1].resource or.institution.phone',
        'qr-18 Bundle.entry[1].resource.item[0].text or.patient.name',
        'qr-35 Bundle.entry[1].resource.item[1].answer[0].value or.patient.birthDate',
        'qr-37 Bundle.entry[1].resource.item[2].answer[0].value or.opinion',
        'qr-22 Bundle.entry[1].resource.item[3] or.absentUntil'
      ]
    )
    t.equal(issues[0]?.text.ja, '必須の「医療機関の連絡先(電話番号)」(or.institution.phone)が記入されていません。')
    t.equal(
      issues[0]?.text.en,
      '"Contact of the medical institution (telephone)" (or.institution.phone) is required and not answered.'
    )
    t.notMatch(JSON.stringify(issues), /花子|1980|maybe|2026-12-01|両立病院/)
  }
)

t.test('every response that a form allows passes', async t => {
  fc.assert(
    fc.property(formAndResponse(), ({ form, response }) => {
      t.same(form.check(response, { root: 'R' }), [])
    }),
    { numRuns: 100 }
  )
})

t.test('whatever stands in a response, it is judged and not thrown at', async t => {
  const form = formOf('support-plan-2026')
  const linkIds = form.items.map(item => item.linkId)
  const item = fc.letrec(tie => ({
    item: fc.record(
      {
        linkId: fc.oneof(fc.constantFrom(...linkIds), fc.anything()),
        text: fc.anything(),
        answer: fc.oneof(
          fc.anything(),
          fc.array(fc.dictionary(fc.constantFrom('valueString', 'valueCoding', 'item'), fc.anything()))
        ),
        item: fc.oneof({ depthSize: 'small' }, fc.array(tie('item'), { maxLength: 3 }), fc.anything())
      },
      { requiredKeys: [] }
    )
  })).item
  fc.assert(
    fc.property(fc.array(item), items => {
      const issues = form.check(responseWith(form, items as Items), { root: 'R' })
      t.ok(issues.some(issue => issue.severity === 'error'))
      form.units(responseWith(form, items as Items))
    }),
    { numRuns: 50 }
  )
})

t.test('a response with countless mistakes gets a thousand of them, errors among them', async t => {
  const form = formWith(required('a'))
  const items = Array.from({ length: 50_000 }, () => ({ linkId: 'unknown' }))
  const issues = form.check(responseWith(form, items), { root: 'R' })
  t.equal(issues.length, 1000)
  t.ok(issues.every(issue => issue.severity === 'error'))
  const doubts = formWith({ linkId: 's', type: 'string', repeats: true }, { linkId: 'i', type: 'integer' })
  const lines = answered('s', 'String', ...Array.from({ length: 1200 }, () => 'two\nlines'))
  t.ok(found(doubts, [lines, answered('i', 'Integer', 'x')]).includes('e qr-35 R.item[1].answer[0].value'))
})
