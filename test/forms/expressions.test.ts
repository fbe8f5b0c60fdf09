import type { Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes'
import t from 'tap'
import { compileForm } from '../../src/forms/compile.ts'
import type { Form } from '../../src/forms/form.ts'
import { loadEngines } from '../../src/forms/load-engines.ts'
import { checkChoice } from '../../src/forms/rules/choice.ts'
import { FormFault } from '../../src/forms/rules/form-fault.ts'
import { formLimits } from '../../src/forms/rules/inspect.ts'
import { valueSetLookup } from '../../src/forms/value-sets.ts'
import { answered, ext, found } from './forms.ts'

const engines = await loadEngines()
const sdc = (name: string, value: object) => ({
  url: `http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-${name}`,
  ...value
})
const fhirPath = (expression: string, more: object = {}) => ({
  valueExpression: { language: 'text/fhirpath' as const, expression, ...more }
})
const constraint = (expression: string, severity = 'error') =>
  ext('questionnaire-constraint', {
    extension: [
      { url: 'key', valueId: 'k' },
      { url: 'severity', valueCode: severity },
      { url: 'expression', valueString: expression },
      { url: 'human', valueString: '合計は十まで' }
    ]
  })
const questionnaire = (item: QuestionnaireItem[], more: Partial<Questionnaire> = {}): Questionnaire => ({
  resourceType: 'Questionnaire',
  status: 'active',
  url: 'http://example.org/q',
  item,
  ...more
})
const form = (item: QuestionnaireItem[], more?: Partial<Questionnaire>): Form =>
  compileForm(questionnaire(item, more), { engines })
const integer = (linkId: string, ...extension: object[]): QuestionnaireItem => ({
  linkId,
  type: 'integer',
  ...(extension.length > 0 && { extension: extension as NonNullable<QuestionnaireItem['extension']> })
})
const ucum = 'http://unitsofmeasure.org'
const quantity = (value: number, code: string, system = ucum) => ({ value, unit: code, system, code })
const answerOf = (linkId: string) => `%resource.item.where(linkId='${linkId}').answer.value`

/** The rules that a Questionnaire breaks as a form. */
function faultsOf(each: Questionnaire, withEngines = true): readonly string[] {
  try {
    compileForm(each, withEngines ? { engines } : {})
    return []
  } catch (error) {
    if (error instanceof FormFault) return error.issues.map(({ rule }) => rule)
    throw error
  }
}

t.test('enableWhenExpression says whether an item applies, instead of enableWhen', async t => {
  const gated = (expression: string): Form =>
    form([
      integer('q'),
      {
        ...integer('d', sdc('enableWhenExpression', fhirPath(expression))),
        required: true,
        enableWhen: [{ question: 'q', operator: '=', answerInteger: 1 }]
      }
    ])
  const over = gated(`${answerOf('q')} > 5`)
  t.same(found(over, [answered('q', 'Integer', 6)]), ['e qr-06 R'])
  t.same(found(over, [answered('q', 'Integer', 6), answered('d', 'Integer', 1)]), [])
  t.same(found(over, [answered('q', 'Integer', 1), answered('d', 'Integer', 1)]), ['e qr-22 R.item[1]'])
  t.same(found(over, []), [], 'an empty result is no')
  t.same(found(over, [answered('d', 'Integer', 1)], { redacted: true }), [], 'nothing is concluded from what is masked')
  const undecided = gated('%nowhere')
  t.same(found(undecided, [answered('q', 'Integer', 1)]), ['e qr-24 R'], 'said once, nothing demanded')
  t.same(found(undecided, [answered('d', 'Integer', 1)]), ['e qr-24 R.item[0]'])
  t.same(
    found(undecided, [answered('d', 'Integer', 1)], { environment: { nowhere: true } }),
    [],
    'a constant that the caller gives'
  )
})

t.test('each repetition of a group is asked for itself', async t => {
  const repeating = form([
    {
      linkId: 'g',
      type: 'group',
      repeats: true,
      extension: [sdc('enableWhenExpression', fhirPath("item.where(linkId='n').answer.value > 1"))],
      item: [integer('n')]
    }
  ])
  const group = (n: number) => ({ linkId: 'g', item: [answered('n', 'Integer', n)] })
  t.same(found(repeating, [group(2), group(1), group(3)]), ['e qr-22 R.item[1]'])
})

t.test('constraints of the form and of its items, with the words of the form', async t => {
  const whole = form([integer('a'), integer('b')], {
    extension: [constraint(`${answerOf('a')} + ${answerOf('b')} <= 10`)]
  })
  t.same(found(whole, [answered('a', 'Integer', 4), answered('b', 'Integer', 6)]), [])
  const response = { resourceType: 'QuestionnaireResponse' as const, status: 'completed' as const }
  const item = [answered('a', 'Integer', 5), answered('b', 'Integer', 6)]
  const [issue] = whole.check({ ...response, item }, { root: 'R' })
  t.match(issue, { severity: 'error', rule: 'qr-52', expression: 'R' })
  t.match(issue?.text.ja, '合計は十まで')
  const warned = form([integer('a', constraint('answer.value > 5', 'warning'))])
  t.same(found(warned, [answered('a', 'Integer', 6)]), [])
  t.same(found(warned, [answered('a', 'Integer', 5)]), ['w qr-52 R.item[0]'])
  const broken = form([integer('a', constraint('answer.value.single() > 5'))])
  t.same(
    found(broken, [answered('a', 'Integer', 6, 7)]).at(-1),
    'e qr-52 R.item[0]',
    'what cannot be evaluated is said'
  )
})

t.test('variables are known to what lies inside, the nearest of a name', async t => {
  const variable = (name: string, expression: string) => ext('variable', fhirPath(expression, { name }))
  const scoped = form(
    [
      integer('a'),
      {
        linkId: 'g',
        type: 'group',
        extension: [variable('limit', '%base * 2')],
        item: [integer('n', constraint('answer.value <= %limit'))]
      },
      integer('m', constraint('answer.value <= %limit'))
    ],
    { extension: [variable('base', answerOf('a')), variable('limit', '%base'), variable('unused', '%nowhere')] }
  )
  const answers = (n: number, m: number) => [
    answered('a', 'Integer', 3),
    { linkId: 'g', item: [answered('n', 'Integer', n)] },
    answered('m', 'Integer', m)
  ]
  t.same(found(scoped, answers(6, 3)), [])
  t.same(found(scoped, answers(7, 4)), ['e qr-52 R.item[1].item[0]', 'e qr-52 R.item[2]'])
})

t.test('a computed bound, a computed value that is not to be edited', async t => {
  const bounded = form([
    integer('a'),
    integer('b', ext('minValue', { _valueInteger: { extension: [ext('cqf-expression', fhirPath(answerOf('a')))] } }))
  ])
  const pair = (a: number, b: number) => [answered('a', 'Integer', a), answered('b', 'Integer', b)]
  t.same([found(bounded, pair(2, 2)), found(bounded, pair(2, 1))], [[], ['e qr-44 R.item[1].answer[0].value']])
  t.same(found(bounded, [answered('b', 'Integer', 1)]), [], 'no bound comes of no answer')
  const unbounded = ext('cqf-expression', fhirPath('%nowhere'))
  const lost = form([integer('b', ext('maxValue', { _valueInteger: { extension: [unbounded] } }))])
  t.same(found(lost, [answered('b', 'Integer', 1)]), ['e qr-44 R.item[0].answer[0].value'])
  const calculated: QuestionnaireItem = integer('b', sdc('calculatedExpression', fhirPath(`${answerOf('a')} * 2`)))
  const fixed = form([integer('a'), { ...calculated, readOnly: true }])
  t.same(found(fixed, pair(2, 4)), [])
  t.same(found(fixed, pair(2, 5)), ['e qr-55 R.item[1].answer[0].value'])
  t.same(found(form([integer('a'), calculated]), pair(2, 5)), [], 'what may be edited may differ')
})

t.test('quantities compare by their units', async t => {
  const bounds = [
    sdc('minQuantity', { valueQuantity: quantity(1, 'kg') }),
    sdc('maxQuantity', { valueQuantity: quantity(2, 'kg') })
  ]
  const weight = form([{ linkId: 'w', type: 'quantity', extension: bounds }])
  const judged = (value: object) => found(weight, [answered('w', 'Quantity', value)])
  t.same([judged(quantity(1000, 'g')), judged(quantity(2, 'kg'))], [[], []])
  for (const value of [
    quantity(999, 'g'),
    quantity(2001, 'g'),
    quantity(1, 'm'),
    quantity(1, 'kg', 'urn:x'),
    { value: 1, comparator: '<', system: ucum, code: 'kg' }
  ]) {
    t.same(judged(value), ['e qr-45 R.item[0].answer[0].value'], JSON.stringify(value))
  }
  const long = form([
    { linkId: 'q', type: 'quantity' },
    { ...integer('d'), enableWhen: [{ question: 'q', operator: '>', answerQuantity: quantity(1, 'h') }] }
  ])
  const after = (minutes: number) => [answered('q', 'Quantity', quantity(minutes, 'min')), answered('d', 'Integer', 1)]
  t.same([found(long, after(61)), found(long, after(60))], [[], ['e qr-22 R.item[1]']])
})

t.test('units that the form offers', async t => {
  const options = ['km', 'm'].map(code => ext('questionnaire-unitOption', { valueCoding: { system: ucum, code } }))
  const judged = (value: object, ...extension: object[]) =>
    found(form([{ linkId: 'q', type: 'quantity', extension: extension as never }]), [answered('q', 'Quantity', value)])
  t.same(judged(quantity(1, 'm'), ...options), [])
  const wrong = ['e qr-47 R.item[0].answer[0].value']
  t.same(judged(quantity(1, 'kg'), ...options), wrong)
  t.same(judged({ value: 1, unit: 'm' }, ...options), wrong, 'a unit in words')
  t.same(judged({ value: 1, unit: 'm' }, ...options, sdc('unitOpen', { valueCode: 'optionsOrString' })), [])
  const set = ext('questionnaire-unitValueSet', { valueCanonical: 'urn:units' })
  t.same(judged(quantity(1, 'm'), set), ['w qr-47 R.item[0].answer[0].value'], 'a value set that is not known')
})

t.test('value sets that are given: listed, whole code systems, sets of sets, versions', async t => {
  const system = {
    resourceType: 'CodeSystem' as const,
    url: 'urn:s',
    status: 'active' as const,
    content: 'complete' as const,
    concept: [{ code: 'a', concept: [{ code: 'b' }] }]
  }
  const set = (url: string, include: object[], more: object = {}) => ({
    resourceType: 'ValueSet' as const,
    url,
    status: 'active' as const,
    compose: { include, ...more } as never
  })
  const lookup = valueSetLookup(
    [
      { ...set('urn:listed', [{ system: 'urn:s', concept: [{ code: 'a' }] }]), version: '2' },
      set('urn:whole', [{ system: 'urn:s' }]),
      set('urn:both', [{ system: 'urn:s', valueSet: ['urn:listed|2'] }]),
      set('urn:circle', [{ valueSet: ['urn:circle'] }]),
      set('urn:filter', [{ system: 'urn:s', filter: [{ property: 'concept', op: 'is-a', value: 'a' }] }]),
      set('urn:without', [{ system: 'urn:s' }], { exclude: [{ system: 'urn:s', concept: [{ code: 'a' }] }] }),
      set('urn:elsewhere', [{ system: 'urn:other' }])
    ],
    [system]
  )
  const codes = (url: string) => lookup(url)?.map(({ code }) => code)
  t.same(
    [codes('urn:listed'), codes('urn:listed|2'), codes('urn:whole'), codes('urn:both')],
    [['a'], ['a'], ['a', 'b'], ['a']]
  )
  for (const url of ['urn:listed|1', 'urn:circle', 'urn:filter', 'urn:without', 'urn:elsewhere', 'urn:none']) {
    t.equal(codes(url), undefined, url)
  }
})

t.test('which form a response is judged by', async t => {
  const chosen = (more: Partial<Questionnaire>, response: object, testMode = false) =>
    checkChoice({ questionnaire: 'http://example.org/q', ...response }, form([integer('a')], more), {
      root: 'R',
      testMode
    }).map(({ severity, rule, expression }) => `${severity} ${rule} ${expression}`)
  const effectivePeriod = { start: '2026-04', end: '2027-03-31' }
  t.same(chosen({ effectivePeriod }, { authored: '2026-04-01T09:00:00+09:00' }), [])
  t.same(chosen({ effectivePeriod }, { authored: '2026-03-31' }), ['warning qr-03 R.authored'])
  t.same(chosen({ effectivePeriod }, { authored: '2027-04-01' }), ['warning qr-03 R.authored'])
  t.same(chosen({ status: 'draft' }, {}), ['error qr-04 R.questionnaire'])
  t.same(chosen({ status: 'draft' }, {}, true), ['warning qr-04 R.questionnaire'])
  t.same(chosen({ status: 'retired' }, {}), ['warning qr-04 R.questionnaire'])
  t.match(checkChoice({}, undefined, { root: 'R' }), [{ severity: 'error', rule: 'qr-01', expression: 'R' }])
  t.match(checkChoice({ questionnaire: 'urn:x' }, undefined, { root: 'R' }), [{ severity: 'error', rule: 'qr-02' }])
})

t.test('what cannot be judged does not compile, and every fault is told with its cause', async t => {
  const judging = [
    integer('a', sdc('enableWhenExpression', fhirPath('true'))),
    integer('a', constraint('true')),
    { linkId: 'a', type: 'quantity' as const, extension: [sdc('minQuantity', { valueQuantity: quantity(1, 'kg') })] }
  ]
  for (const item of judging) {
    t.same(faultsOf(questionnaire([item])), [])
    t.same(faultsOf(questionnaire([item]), false), ['que-unsupported'], 'without FHIRPath and UCUM')
  }
  const unsupported = [
    integer('a', sdc('answerOptionsToggleExpression', { extension: [] })),
    integer('a', sdc('subQuestionnaire', { valueCanonical: 'urn:x' })),
    { ...integer('a'), modifierExtension: [{ url: 'urn:x', valueBoolean: true }] },
    integer('a', ext('questionnaire-minOccurs', { _valueInteger: { extension: [] } })),
    { ...integer('a'), _required: { extension: [ext('cqf-expression', fhirPath('true'))] } } as QuestionnaireItem
  ]
  for (const item of unsupported) t.same(faultsOf(questionnaire([item])), ['que-unsupported'], JSON.stringify(item))
  const neutral = ['initialExpression', 'candidateExpression', 'itemPopulationContext'].map(name =>
    sdc(name, fhirPath('true'))
  )
  t.same(faultsOf(questionnaire([integer('a', ...neutral, ext('urn:any', { valueString: 'x' }))]), false), [])
  const cql = { valueExpression: { language: 'text/cql' as const, expression: 'true' } }
  t.same(faultsOf(questionnaire([integer('a', sdc('enableWhenExpression', cql))])), ['que-expression-language'])
  t.same(faultsOf(questionnaire([integer('a', constraint('(')), integer('a')])).toSorted(), ['que-2', 'que-expression'])
})

t.test('too large a form is refused before it is looked at', async t => {
  const nested = (depth: number): QuestionnaireItem =>
    depth === 1 ? integer('x') : { linkId: `g${depth}`, type: 'group', item: [nested(depth - 1)] }
  t.same(faultsOf(questionnaire([nested(formLimits.depth)])), [])
  t.same(faultsOf(questionnaire([nested(formLimits.depth + 1)])), ['que-depth'])
  const many = (count: number) => Array.from({ length: count }, (_, at) => integer(`i${at}`))
  t.same(faultsOf(questionnaire(many(formLimits.items))), [])
  t.same(faultsOf(questionnaire(many(formLimits.items + 1))), ['que-size'])
  t.same(faultsOf(questionnaire([integer('a', constraint(`'${'x'.repeat(formLimits.expression)}' = ''`))])), [
    'que-length'
  ])
  const pattern = ext('regex', { valueString: 'x'.repeat(formLimits.pattern + 1) })
  t.same(faultsOf(questionnaire([{ linkId: 's', type: 'string', extension: [pattern] }])), ['que-length'])
})

t.test('options that an expression computes', async t => {
  const computed = form([
    { ...integer('a'), repeats: true },
    integer('b', sdc('answerExpression', fhirPath(answerOf('a'))))
  ])
  const chosen = (b: number) => [answered('a', 'Integer', 1, 2), answered('b', 'Integer', b)]
  t.same([found(computed, chosen(2)), found(computed, chosen(3))], [[], ['e qr-38 R.item[1].answer[0].value']])
})

t.test('options and value sets of questions that are no choice', async t => {
  const options = (type: QuestionnaireItem['type'], ...values: object[]) =>
    form([{ linkId: 'q', type, answerOption: values as NonNullable<QuestionnaireItem['answerOption']> }])
  const wrong = (rule: string) => [`e ${rule} R.item[0].answer[0].value`]
  const decimal = options('decimal', { valueInteger: 1 }, { valueInteger: 2 })
  t.same(
    [found(decimal, [answered('q', 'Decimal', 2)]), found(decimal, [answered('q', 'Decimal', 3)])],
    [[], wrong('qr-38')]
  )
  const moment = options('dateTime', { valueDate: '2026-09-01' })
  t.same(found(moment, [answered('q', 'DateTime', '2026-09-01')]), [])
  t.same(found(moment, [answered('q', 'DateTime', '2026-09-02')]), wrong('qr-38'))
  const coded = (type: QuestionnaireItem['type'], system: string, code: string) =>
    compileForm(questionnaire([{ linkId: 'q', type, answerValueSet: 'urn:v' }]), { valueSet: () => [{ system, code }] })
  t.same(found(coded('integer', 'urn:s', '3'), [answered('q', 'Integer', 3)]), [])
  t.same(found(coded('integer', 'urn:s', '3'), [answered('q', 'Integer', 4)]), wrong('qr-39'))
  t.same(found(coded('quantity', ucum, 'm'), [answered('q', 'Quantity', quantity(1, 'm'))]), [], 'the unit is the code')
  t.same(found(coded('quantity', ucum, 'm'), [answered('q', 'Quantity', quantity(1, 'km'))]), wrong('qr-39'))
})

t.test('one response has a limited number of evaluations', async t => {
  const group: QuestionnaireItem = { linkId: 'g', type: 'group', repeats: true, item: [integer('a')] }
  const judged = form([{ ...group, extension: [constraint('true')] as NonNullable<QuestionnaireItem['extension']> }])
  const groups = (count: number) =>
    Array.from({ length: count }, () => ({ linkId: 'g', item: [answered('a', 'Integer', 1)] }))
  t.same(found(judged, groups(5_000)), [])
  t.same(found(judged, groups(5_001)), ['e qr-52 R.item[5000]'])
})
