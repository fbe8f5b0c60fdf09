import type { Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes'
import t from 'tap'
import { compileForm } from '../../src/forms/compile.ts'
import { findings } from '../../src/forms/rules/findings.ts'
import { inspect } from '../../src/forms/rules/inspect.ts'
import { answered, ext, found, questionnaires, responseWith } from './forms.ts'

const own = (name: string) => `https://ryoritsu.example/fhir/StructureDefinition/${name}`
const questionnaire = (...item: QuestionnaireItem[]): Questionnaire => ({
  resourceType: 'Questionnaire',
  status: 'active',
  url: 'http://example.org/q',
  version: '1',
  item
})
const q: QuestionnaireItem = { linkId: 'q', type: 'integer' }
const on = (
  question: string,
  more: object = { operator: 'exists', answerBoolean: true }
): Partial<QuestionnaireItem> => ({
  enableWhen: [{ question, ...more } as never]
})

t.test('a form that contradicts itself does not compile, and says where', async t => {
  const broken: [string, QuestionnaireItem[]][] = [
    ['que-1', [{ linkId: 'g', type: 'group' }]],
    ['que-2', [q, q]],
    ['que-2', [{ type: 'string' } as QuestionnaireItem]],
    ['que-3', [{ linkId: 'd', type: 'display', code: [{ code: 'x' }] }]],
    ['que-4', [{ linkId: 'c', type: 'choice', answerValueSet: 'urn:x', answerOption: [{ valueString: 'x' }] }]],
    ['que-5', [{ linkId: 'b', type: 'boolean', answerOption: [{ valueString: 'x' }] }]],
    ['que-6', [{ linkId: 'd', type: 'display', required: true }]],
    ['que-7', [q, { linkId: 'd', type: 'string', ...on('q', { operator: 'exists', answerInteger: 1 }) }]],
    ['que-8', [{ linkId: 'd', type: 'display', initial: [{ valueString: 'x' }] }]],
    ['que-9', [{ linkId: 'd', type: 'display', readOnly: true }]],
    ['que-10', [{ linkId: 'd', type: 'date', maxLength: 3 }]],
    [
      'que-11',
      [{ linkId: 's', type: 'string', answerOption: [{ valueString: 'x' }], initial: [{ valueString: 'x' }] }]
    ],
    ['que-12', [q, { linkId: 'd', type: 'string', enableWhen: [on('q').enableWhen![0]!, on('q').enableWhen![0]!] }]],
    ['que-13', [{ linkId: 's', type: 'string', initial: [{ valueString: 'x' }, { valueString: 'y' }] }]],
    ['qr-28', [q, { linkId: 'd', type: 'string', ...on('q', { operator: '=' }) }]],
    ['qr-28', [q, { linkId: 'd', type: 'string', ...on('q', { operator: '=', answerCoding: { code: 'x' } }) }]],
    ['qr-33', [{ linkId: 'd', type: 'string', ...on('nowhere') }]],
    ['qr-33', [{ linkId: 'd', type: 'string', ...on('d') }]],
    ['qr-33', [{ linkId: 'g', type: 'group', ...on('q'), item: [q] }]],
    ['qr-33', [{ linkId: 'd', type: 'date', extension: [ext(own('not-before'), { valueString: 'nowhere' })] }]],
    [
      'qr-34',
      [
        { linkId: 'a', type: 'string', ...on('b') },
        { linkId: 'b', type: 'string', ...on('a') }
      ]
    ],
    ['que-regex', [{ linkId: 's', type: 'string', extension: [ext('regex', { valueString: '(?=x)' })] }]],
    ['que-expression', [{ ...q, extension: [ext('questionnaire-constraint', { valueString: 'x' })] }]],
    ['que-expression', [{ ...q, extension: [ext('minValue', { _valueInteger: { extension: [] } })] }]]
  ]
  for (const [rule, items] of broken)
    t.throws(() => compileForm(questionnaire(...items)), { name: 'FormFault', message: new RegExp(rule) }, rule)
  t.throws(
    () => compileForm(questionnaire(q, q)),
    /http:\/\/example\.org\/q\|1 is no form\nque-2 Questionnaire\.item\[1\] q:/
  )
})

t.test('a constraint counts as judged only where our own extensions say the same', async t => {
  const constraint = (key: string) =>
    ext('questionnaire-constraint', {
      extension: [
        { url: 'key', valueId: key },
        { url: 'expression', valueString: 'true' }
      ]
    })
  const notBefore = { linkId: 'e', type: 'date' as const, extension: [ext(own('not-before'), { valueString: 's' })] }
  const form = { ...questionnaire({ linkId: 's', type: 'date' }, notBefore), extension: [constraint('e-not-before')] }
  t.equal(compileForm(form).items.length, 2)
  t.throws(() => compileForm({ ...form, extension: [constraint('e-required')] }), /que-unsupported Questionnaire/)
})

t.test('a form of ours needs one disclosure class on each item', async t => {
  const withClass = (code: string) => ({ ...q, extension: [ext(own('disclosure-class'), { valueCoding: { code } })] })
  t.equal(compileForm(questionnaire(withClass('identity')), { classes: 'required' }).item('q')?.class, 'identity')
  t.throws(() => compileForm(questionnaire(withClass('secret')), { classes: 'required' }), /que-class/)
  t.throws(() => compileForm(questionnaire(q), { classes: 'required' }), /que-class/)
  t.equal(compileForm(questionnaire(q)).item('q')?.class, undefined)
})

t.test('what is only doubtful compiles', async t => {
  const doubtful = questionnaire({ linkId: 'd', type: 'choice', ...on('q') }, q)
  t.same(
    inspect(doubtful).map(({ severity, rule }) => `${severity} ${rule}`),
    ['information qr-42', 'warning qr-33']
  )
  t.equal(compileForm(doubtful).items.length, 2)
})

t.test('codes come from value sets inside the form or handed in', async t => {
  const concept = [{ code: 'a', display: 'Apple' }]
  const contained = {
    resourceType: 'ValueSet' as const,
    id: 'v',
    status: 'active' as const,
    compose: { include: [{ system: 'urn:s', concept }] }
  }
  const inside = compileForm({
    ...questionnaire({ linkId: 'c', type: 'choice', answerValueSet: '#v' }),
    contained: [contained]
  })
  const outside = compileForm(questionnaire({ linkId: 'c', type: 'choice', answerValueSet: 'urn:v' }), {
    valueSet: canonical => (canonical === 'urn:v' ? [{ system: 'urn:s', code: 'a' }] : undefined)
  })
  for (const form of [inside, outside]) {
    t.same(found(form, [answered('c', 'Coding', { system: 'urn:s', code: 'a' })]), [])
    t.same(found(form, [answered('c', 'Coding', { system: 'urn:s', code: 'b' })]), [
      'e qr-39 R.item[0].answer[0].value'
    ])
  }
  const named = (display: string) => [answered('c', 'Coding', { system: 'urn:s', code: 'a', display })]
  t.same(found(inside, named(' apple')), [])
  t.same(found(inside, named('Pear')), ['e qr-39 R.item[0].answer[0].value.display'], 'code and name contradict')
  t.same(found(outside, named('Pear')), [], 'a value set without names')
  const text = compileForm({
    ...questionnaire({ linkId: 'c', type: 'string', answerValueSet: '#v' }),
    contained: [contained]
  })
  t.same(found(text, [answered('c', 'String', 'a')]), [])
  t.same(found(text, [answered('c', 'String', 'Apple')]), ['e qr-39 R.item[0].answer[0].value'], 'a name is no code')
  t.same(found(text, [answered('c', 'String', 'Pear')]), ['e qr-39 R.item[0].answer[0].value'])
})

t.test('a form tells what it is', async t => {
  const form = compileForm(questionnaires.find(each => each.id === 'support-plan-2026')!)
  t.equal(form.canonical, 'https://ryoritsu.example/fhir/Questionnaire/support-plan|2026')
  t.equal(form.title, '両立支援プラン／職場復帰支援プラン')
  t.equal(form.english, 'Support plan / return-to-work support plan')
  t.match(form.item('sp.phase'), { type: 'group', repeats: true, required: true, class: 'plan-measure' })
  t.equal(form.item('sp.phase.hours')?.parent, form.item('sp.phase'))
  t.same(
    form.check(responseWith(form, [], 'in-progress'), { root: 'R' }).map(issue => issue.linkId),
    ['sp.kind', 'sp.createdOn', 'sp.worker.name', 'sp.worker.birthDate', 'sp.treatment', 'sp.phase', 'sp.followup']
  )
})

t.test('every finding has a rule of the list, both languages and a fix', async t => {
  for (const [key, { rule, ja, en, fix }] of Object.entries(findings)) {
    t.match(rule, /^qr-(0[1-9]|[1-4]\d|5[0-5])$/, key)
    t.match(ja + fix.ja, /[ぁ-ん]/, key)
    t.notMatch(en + fix.en, /[ぁ-ん]/, key)
    const names = (text: string) => new Set(text.match(/\{\w+\}/g))
    t.same(names(ja), names(en), key)
    t.same(names(fix.ja), names(fix.en), key)
  }
})
