import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse } from '@medplum/fhirtypes'
import t from 'tap'
import { compileForm } from '../../src/forms/compile.ts'
import { loadEngines } from '../../src/forms/load-engines.ts'
import { formJudge } from '../../src/journeys/document/judge-form.ts'

/** Forms that nobody checked before they came, and responses that use them to the full. */
const engines = await loadEngines()
const core = 'http://hl7.org/fhir/StructureDefinition'
const fhirPath = (expression: string) => ({ valueExpression: { language: 'text/fhirpath', expression } })
const questionnaire = (item: object[], more: object = {}): Questionnaire => ({
  resourceType: 'Questionnaire',
  status: 'active',
  item: item as QuestionnaireItem[],
  ...more
})
const response = (...item: object[]): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  item: item as NonNullable<QuestionnaireResponse['item']>
})
const answer = (linkId: string, ...values: object[]) => ({ linkId, answer: values })
const check = (form: Questionnaire, given: QuestionnaireResponse) =>
  compileForm(form, { engines }).check(given, { root: 'R' })
const rulesOf = (form: Questionnaire, given: QuestionnaireResponse) => check(form, given).map(({ rule }) => rule)

t.test('a computed bound does not tell the answer that it is made of', async t => {
  const bound = { ...fhirPath("%resource.item.where(linkId='a').answer.value"), url: `${core}/cqf-expression` }
  const form = questionnaire([
    { linkId: 'a', type: 'string' },
    { linkId: 'b', type: 'integer', extension: [{ url: `${core}/maxValue`, _valueInteger: { extension: [bound] } }] }
  ])
  const issues = check(form, response(answer('a', { valueString: '膵癌' }), answer('b', { valueInteger: 5 })))
  t.same(
    issues.map(({ rule }) => rule),
    ['qr-44']
  )
  t.notMatch(JSON.stringify(issues), '膵癌')
})

t.test('times with a million zeros are compared all the same', async t => {
  const form = questionnaire([
    { linkId: 'a', type: 'time', extension: [{ url: `${core}/minValue`, valueTime: '10:00:00' }] }
  ])
  const late = `10:00:00.${'0'.repeat(500_000)}1`
  t.same(rulesOf(form, response(answer('a', { valueTime: late }))), [])
  t.same(rulesOf(form, response(answer('a', { valueTime: '10:00:00.000' }))), [])
  t.same(rulesOf(form, response(answer('a', { valueTime: '09:59:59.999' }))), ['qr-44'])
})

t.test('a pattern that is short and yet a large program is refused', async t => {
  const withPattern = (valueString: string) =>
    questionnaire([{ linkId: 'a', type: 'string', extension: [{ url: `${core}/regex`, valueString }] }])
  t.throws(() => compileForm(withPattern('.{0,1000}'.repeat(10))), /que-regex/)
  t.same(rulesOf(withPattern('.{0,1000}'), response(answer('a', { valueString: 'a' }))), [])
})

t.test('leap seconds and the finest fractions have their place', async t => {
  const form = questionnaire([
    {
      linkId: 'a',
      type: 'dateTime',
      extension: [{ url: `${core}/maxValue`, valueDateTime: '2020-01-01T00:00:00.0001Z' }]
    }
  ])
  const at = (valueDateTime: string) => rulesOf(form, response(answer('a', { valueDateTime })))
  t.same(at('2026-12-31T23:59:60Z'), ['qr-44'])
  t.same(at('2019-12-31T23:59:60Z'), [])
  t.same(at('2020-01-01T00:00:00.0009Z'), ['qr-44'])
  t.same(at('2020-01-01T00:00:00.00010Z'), [])
})

t.test('a computed integer is exact, however large', async t => {
  const form = questionnaire([
    { linkId: 'a', type: 'integer' },
    {
      linkId: 'b',
      type: 'integer',
      readOnly: true,
      extension: [
        {
          url: 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression',
          ...fhirPath("%resource.item.where(linkId='a').answer.value + 0")
        }
      ]
    }
  ])
  const given = (b: number) => response(answer('a', { valueInteger: 3e8 }), answer('b', { valueInteger: b }))
  t.same(rulesOf(form, given(3e8)), [])
  t.same(rulesOf(form, given(3e8 + 3)), ['qr-55'])
})

t.test('a bound that is a quantity is judged with its unit', async t => {
  const kilograms = (value: number) => ({ value, system: 'http://unitsofmeasure.org', code: 'kg' })
  const form = questionnaire([
    { linkId: 'a', type: 'quantity', extension: [{ url: `${core}/minValue`, valueQuantity: kilograms(2) }] }
  ])
  t.same(rulesOf(form, response(answer('a', { valueQuantity: kilograms(3) }))), [])
  t.same(rulesOf(form, response(answer('a', { valueQuantity: kilograms(1) }))), ['qr-45'])
})

t.test('a page of an expansion is not taken for the whole', async t => {
  const set = (total: number) => ({
    contained: [
      {
        resourceType: 'ValueSet',
        id: 'v',
        status: 'active',
        expansion: { timestamp: '2026', total, contains: [{ system: 'urn:s', code: 'a' }] }
      }
    ]
  })
  const given = response(answer('a', { valueCoding: { system: 'urn:s', code: 'b' } }))
  const items = [{ linkId: 'a', type: 'choice', answerValueSet: '#v' }]
  const found = (total: number) => check(questionnaire(items, set(total)), given).map(each => each.severity)
  t.same(found(500), ['warning'])
  t.same(found(1), ['error'])
})

t.test('a value set inside a form may be made of another inside it', async t => {
  const contained = [
    { resourceType: 'ValueSet', id: 'v', status: 'active', compose: { include: [{ valueSet: ['urn:w'] }] } },
    {
      resourceType: 'ValueSet',
      id: 'w',
      url: 'urn:w',
      status: 'active',
      compose: { include: [{ system: 'urn:s', concept: [{ code: 'a' }] }] }
    }
  ]
  const form = questionnaire([{ linkId: 'a', type: 'choice', answerValueSet: '#v' }], { contained })
  const given = (code: string) => response(answer('a', { valueCoding: { system: 'urn:s', code } }))
  t.same(check(form, given('a')), [])
  t.match(check(form, given('b')), [{ rule: 'qr-39', severity: 'error' }])
})

t.test('empty repetitions of a group are not counted', async t => {
  const group = (more: object) =>
    questionnaire([
      {
        linkId: 'g',
        type: 'group',
        repeats: true,
        item: [{ linkId: 'a', type: 'string' }],
        extension: [{ url: `${core}/questionnaire-minOccurs`, valueInteger: 2 }],
        ...more
      }
    ])
  const full = { linkId: 'g', item: [answer('a', { valueString: 'a' })] }
  const empty = { linkId: 'g' }
  t.same(rulesOf(group({}), response(full, full)), [])
  t.same(rulesOf(group({}), response(full, empty)), ['qr-51'])
  t.same(rulesOf(group({}), response(empty, empty)), ['qr-51'])
  t.same(rulesOf(group({ required: true }), response(empty, empty)), ['qr-19', 'qr-19'])
})

t.test('system and code are two things', async t => {
  const items = [{ linkId: 'a', type: 'choice', answerOption: [{ valueCoding: { system: 'urn:s', code: 'x|y' } }] }]
  const given = response(answer('a', { valueCoding: { system: 'urn:s|x', code: 'y' } }))
  t.same(rulesOf(questionnaire(items), given), ['qr-37'])
})

t.test('a verdict is no larger than what was asked', async t => {
  const long = 'あ'.repeat(60_000)
  const form = questionnaire([
    {
      linkId: 'g',
      type: 'group',
      repeats: true,
      item: [{ linkId: `a${long}`, type: 'string' }],
      extension: [
        {
          url: `${core}/questionnaire-constraint`,
          extension: [
            { url: 'key', valueId: 'k' },
            { url: 'severity', valueCode: 'error' },
            { url: 'expression', valueString: 'false' },
            { url: 'human', valueString: long }
          ]
        }
      ]
    }
  ])
  const groups = Array.from({ length: 200 }, () => ({ linkId: 'g', item: [answer(`a${long}`, { valueInteger: 1 })] }))
  const judge = formJudge(engines)
  const verdict = judge({
    questionnaire: JSON.stringify(form),
    supporting: [],
    response: { value: response(...groups), numbers: new Map(), redacted: false, advise: false }
  } as never)
  t.equal(verdict.length, 100)
  t.ok(JSON.stringify(verdict).length < 200_000)
})
