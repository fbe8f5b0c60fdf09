import t from 'tap'
import { loadEngines } from '../../src/forms/load-engines.ts'
import { formJudge } from '../../src/journeys/document/judge-form.ts'
import type { JudgeRequest } from '../../src/journeys/document/ports.ts'

const engines = await loadEngines()

/** Counts how often a form is compiled: each time its one expression is. */
function counting() {
  const compiled: string[] = []
  const compile = (text: string, type?: string) => {
    compiled.push(text)
    return engines.fhirPath.compile(text, type)
  }
  return { judge: formJudge({ ...engines, fhirPath: { compile } }), compiled }
}

const constraint = (expression: string) => ({
  url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-constraint',
  extension: [
    { url: 'key', valueId: 'k-1' },
    { url: 'severity', valueCode: 'error' },
    { url: 'human', valueString: 'k' },
    { url: 'expression', valueString: expression }
  ]
})

const request = (expression: string, supporting: readonly string[] = []): JudgeRequest => ({
  questionnaire: JSON.stringify({
    resourceType: 'Questionnaire',
    status: 'active',
    extension: [constraint(expression)],
    item: [{ linkId: '1', type: 'string' }]
  }),
  supporting,
  response: {
    value: {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      item: [{ linkId: '1', answer: [{ valueString: 'a' }] }]
    },
    numbers: new Map(),
    redacted: false,
    advise: false
  }
})

t.test('a form is compiled once, until sixteen others were asked for', async t => {
  const { judge, compiled } = counting()
  const times = (expression: string) => compiled.filter(text => text === expression).length
  t.strictSame(judge(request('item.exists()')), [])
  const once = times('item.exists()')
  t.ok(once > 0)
  judge(request('item.exists()'))
  t.equal(times('item.exists()'), once, 'kept')
  for (let at = 0; at < 15; at++) judge(request(`item.count() < ${at + 5}`))
  judge(request('item.exists()'))
  t.equal(times('item.exists()'), once, 'one of sixteen')
  for (let at = 0; at < 16; at++) judge(request(`item.count() < ${at + 50}`))
  judge(request('item.exists()'))
  t.equal(times('item.exists()'), 2 * once, 'made room for others')
})

t.test('with other value sets it is another form', async t => {
  const { judge, compiled } = counting()
  const set = (code: string) =>
    JSON.stringify({
      resourceType: 'ValueSet',
      url: 'https://other.example/vs',
      status: 'active',
      compose: { include: [{ system: 'https://other.example/cs', concept: [{ code }] }] }
    })
  judge(request('item.exists()', [set('a')]))
  const once = compiled.length
  judge(request('item.exists()', [set('b')]))
  t.equal(compiled.length, 2 * once)
  judge(request('item.exists()', [set('a')]))
  t.equal(compiled.length, 2 * once)
})

t.test('what is no form is kept as well, with all that is wrong', async t => {
  const { judge } = counting()
  const broken = request('item.exists(')
  t.match(judge(broken), [{ rule: 'que-expression', severity: 'error' }])
  t.match(judge({ ...broken, response: undefined }), [{ rule: 'que-expression', severity: 'error' }])
})
