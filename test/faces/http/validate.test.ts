import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle, OperationOutcome, QuestionnaireResponse } from '@medplum/fhirtypes'
import t from 'tap'
import { codeSystem } from '../../../src/document/canonical.ts'
import { startGateway } from '../../parties/gateway.ts'
import { register } from '../../parties/register.ts'
import { refusalOf } from '../../parties/story.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const opinion = read('fixtures/opinion-return/stroke-driver.json')
const response = (JSON.parse(opinion) as Bundle).entry!.find(
  ({ resource }) => resource?.resourceType === 'QuestionnaireResponse'
)!.resource as QuestionnaireResponse

const running = await startGateway()
t.teardown(() => running.stop())
const organization = { name: '試験', identifier: { system: 'urn:oid:1.3.188', value: '8999999999901' } }
const operating = { name: '運営', identifier: { system: 'urn:oid:1.3.188', value: '8999999999802' } }
const hospital = await register(running, { role: 'hospital', organization })
const operator = await register(running, { role: 'operator', organization: operating })
t.teardown(() => Promise.all([hospital.close(), operator.close()]))

/** Severity and rule of each issue that `$validate` names. */
async function validate(type: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const answer = await hospital.post<OperationOutcome>(`/fhir/${type}/$validate`, body, { headers })
  if (answer.status !== 200) return { status: answer.status, refusal: refusalOf(answer), found: [], issues: [] }
  const issues = answer.body.issue
  const found = issues.map(({ severity, details }) => `${severity} ${details?.coding?.[0]?.code ?? 'ok'}`)
  return { status: 200, found, issues }
}

const around = (resource: unknown, ...others: readonly object[]) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'resource', resource }, ...others]
})
const form = (item: readonly object[], others: object = {}) => ({
  resourceType: 'Questionnaire',
  url: 'https://other.example/form',
  version: '1',
  status: 'active',
  item,
  ...others
})
const answers = (item: readonly object[], others: object = {}) => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: 'https://other.example/form|1',
  status: 'completed',
  ...(item.length > 0 && { item }),
  ...others
})
const one = [{ linkId: '1', text: '一', type: 'string', required: true }]
const answered = [{ linkId: '1', answer: [{ valueString: '朝顔' }] }]

t.test('a document is judged as at deposit, and only told what is wrong', async t => {
  t.match(await validate('Bundle', opinion), { found: ['information ok'] })
  const wrong = await validate('Bundle', read('fixtures/negative/my-number.json'))
  t.match(wrong, { found: ['error id-my-number'] })
  const codings = wrong.issues.flatMap(({ details }) => details?.coding ?? [])
  t.same([...new Set(codings.map(({ system }) => system))], [codeSystem('form-rule')], 'no coding of a refusal')
  t.match(await validate('Bundle', read('fixtures/negative/ambiguous-number.json')), {
    found: ['error profile-number']
  })
  t.match(await validate('Bundle', { resourceType: 'Bundle', type: 'searchset' }), { found: ['information ok'] })
})

t.test('a response is judged by the published form that it names, also among parameters', async t => {
  const { item: [first, ...rest] = [], ...others } = response
  const twice = { ...others, item: [first, first, ...rest] }
  t.match(await validate('QuestionnaireResponse', response), { found: ['information ok'] })
  t.match(await validate('QuestionnaireResponse', around(response)), { found: ['information ok'] })
  t.match(await validate('QuestionnaireResponse', twice), { status: 200, found: ['error qr-13'] })
  const named = { name: 'questionnaire', valueCanonical: response.questionnaire }
  t.match(await validate('QuestionnaireResponse', around({ ...twice, questionnaire: undefined }, named)), {
    found: ['error qr-13']
  })
  t.match(await validate('QuestionnaireResponse', answers(answered)), { found: ['error qr-02'] })
  t.match(await validate('QuestionnaireResponse', { ...answers([]), questionnaire: undefined }), {
    found: ['error qr-01']
  })
  t.match(await validate('QuestionnaireResponse', { ...answers([]), status: 'done' }), {
    found: ['error binding-required']
  })
})

t.test('a form comes along as parameter, inside the response or beside it', async t => {
  const given = { name: 'questionnaire', resource: form(one) }
  const beside = { name: 'supporting', resource: form(one) }
  const inside = { contained: [{ ...form(one), id: 'form' }], questionnaire: '#form' }
  t.match(await validate('QuestionnaireResponse', around(answers(answered), given)), { found: ['information ok'] })
  t.match(await validate('QuestionnaireResponse', around(answers([]), given)), { found: ['error qr-06'] })
  t.match(await validate('QuestionnaireResponse', around(answers([]), beside)), { found: ['error qr-06'] })
  t.match(await validate('QuestionnaireResponse', answers([], inside)), { found: ['error qr-06'] })
  t.match(await validate('QuestionnaireResponse', answers([], { questionnaire: '#other' })), { found: ['error qr-02'] })
})

t.test('digits of decimals count as they were written, also among parameters', async t => {
  const url = 'http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces'
  const decimal = form([{ linkId: '1', type: 'decimal', extension: [{ url, valueInteger: 1 }] }])
  const written = (number: string) =>
    JSON.stringify(
      around(answers([{ linkId: '1', answer: [{ valueDecimal: 'N' }] }]), {
        name: 'questionnaire',
        resource: decimal
      })
    ).replace('"N"', number)
  t.match(await validate('QuestionnaireResponse', written('1.5')), { found: ['information ok'] })
  t.match(await validate('QuestionnaireResponse', written('1.50')), { found: ['error qr-46'] })
})

t.test('value sets and code systems that come along are those of the form', async t => {
  const set = { resourceType: 'ValueSet', url: 'https://other.example/vs', status: 'active' }
  const system = 'https://other.example/cs'
  const codes = {
    resourceType: 'CodeSystem',
    url: system,
    status: 'active',
    content: 'complete',
    concept: [{ code: 'a' }]
  }
  const whole = { ...set, compose: { include: [{ system }] } }
  const choice = form([{ linkId: '1', type: 'choice', answerValueSet: set.url }])
  const chosen = (code: string) => answers([{ linkId: '1', answer: [{ valueCoding: { system, code } }] }])
  const supporting = [whole, codes].map(resource => ({ name: 'supporting', resource }))
  const asked = (code: string, ...others: readonly object[]) =>
    validate('QuestionnaireResponse', around(chosen(code), { name: 'questionnaire', resource: choice }, ...others))
  t.match(await asked('a', ...supporting), { found: ['information ok'] })
  t.match((await asked('b', ...supporting)).found[0], /^error qr-/)
  t.match((await asked('a')).found[0], /^(warning|information) qr-39/)
  t.match(await asked('a', { name: 'supporting', resource: { ...set, status: 'x' } }), {
    found: ['error binding-required']
  })
})

t.test('a Questionnaire is told what makes it no form, and judges nothing then', async t => {
  t.match(await validate('Questionnaire', form(one)), { found: ['information ok'] })
  t.match(await validate('Questionnaire', form([...one, ...one])), { found: ['error que-2'] })
  t.match(await validate('Questionnaire', form([{ linkId: '1', type: 'word' }])), { found: ['error binding-required'] })
  const broken = { name: 'questionnaire', resource: form([...one, ...one]) }
  t.match(await validate('QuestionnaireResponse', around(answers(answered), broken)), { found: ['error que-2'] })
  const large = form([{ linkId: '1', type: 'string', text: 'あ'.repeat(90_000) }])
  t.match(await validate('QuestionnaireResponse', around(answers([]), { name: 'questionnaire', resource: large })), {
    found: ['error que-size']
  })
  const many = form(Array.from({ length: 2001 }, (_, at) => ({ linkId: String(at), type: 'string' })))
  t.match(await validate('Questionnaire', many), { found: ['error que-size'] })
})

t.test('mode=advise warns of what the work does not need, and refuses nothing', async t => {
  const advise = { name: 'mode', valueCode: 'advise' }
  const unneeded = { name: 'questionnaire', resource: form(one) }
  const staged = answers([{ linkId: '1', answer: [{ valueString: 'ステージIIIの大腸癌' }] }])
  t.match(await validate('QuestionnaireResponse', around(staged, unneeded)), { found: ['information ok'] })
  t.match(await validate('QuestionnaireResponse', around(staged, unneeded, advise)), {
    found: ['warning advise-stage']
  })
  const advised = await validate('Bundle', around(JSON.parse(opinion), advise))
  t.match(advised, { status: 200 })
  t.notOk(advised.found.some(each => each.startsWith('error')))
  const asked = await hospital.post<OperationOutcome>('/fhir/QuestionnaireResponse/$validate?mode=advise', {
    ...response,
    item: response.item!.map(each =>
      each.linkId === 'or.opinionText'
        ? { linkId: each.linkId, answer: [{ valueString: 'ステージIIIの大腸癌' }] }
        : each
    )
  })
  t.match(asked, { status: 200 })
  t.ok(asked.body.issue.some(({ details }) => details?.coding?.[0]?.code === 'advise-stage'))
})

t.test('another question under the same key is not the answered one', async t => {
  const staged = { ...response, item: [{ linkId: 'or.opinionText', answer: [{ valueString: 'ステージIIIの大腸癌' }] }] }
  const ask = (query: string) =>
    hospital.post<OperationOutcome>(`/fhir/QuestionnaireResponse/$validate${query}`, staged, {
      headers: { 'idempotency-key': 'judge-1' }
    })
  const first = await ask('')
  t.match(await ask(''), { status: 200, headers: { 'idempotent-replay': 'true' }, text: first.text })
  t.equal(refusalOf(await ask('?mode=advise')), 'idempotency-conflict')
})

t.test('what cannot be read is said before what is not there', async t => {
  t.equal(refusalOf(await hospital.post('/fhir/NoSuchType/$validate', Buffer.from('{'))), 'invalid-json')
  t.equal(refusalOf(await hospital.post('/fhir/NoSuchType/$validate', {})), 'not-found')
})

t.test('of other types the structure is judged; without a definition it says that nothing was', async t => {
  t.match(await validate('Patient', { resourceType: 'Patient', gender: 'f' }), { found: ['error binding-required'] })
  t.match(await validate('Patient', { resourceType: 'Practitioner' }), { found: ['error r4-resource-type'] })
  t.match(await validate('Parameters', { resourceType: 'Parameters' }), { found: ['information ok'] })
  t.match(await validate('MolecularSequence', { resourceType: 'MolecularSequence' }), {
    found: ['warning r4-not-checked']
  })
  t.match(await validate('MolecularSequence', { resourceType: 'Patient' }), { status: 422, refusal: 'resource-type' })
  t.match(await validate('Nonsense', { resourceType: 'Nonsense' }), { status: 404, refusal: 'not-found' })
  t.match(await validate('Resource', { resourceType: 'Resource' }), { status: 404, refusal: 'not-found' })
})

t.test('what cannot be read or is not known is refused with its place', async t => {
  t.match(await validate('Patient', '{"a":1,"a":2}'), { status: 400, refusal: 'duplicate-key' })
  const wrong = async (...others: readonly object[]) =>
    t.match(await validate('QuestionnaireResponse', around(response, ...others)), {
      status: 400,
      refusal: 'parameter-invalid'
    })
  await wrong({ name: 'profile', valueUri: 'https://other.example/profile' })
  await wrong({ name: 'mode', valueCode: 'delete' })
  await wrong({ name: 'mode', valueCode: 'advise' }, { name: 'mode', valueCode: 'advise' })
  await wrong({ name: 'questionnaire', resource: { resourceType: 'ValueSet' } })
  await wrong({ name: 'supporting', valueString: 'x' })
  const given = { name: 'questionnaire', resource: form(one) }
  t.match(await validate('Patient', around({ resourceType: 'Patient' }, given)), { status: 422 })
})

t.test('every role may ask, nobody without a token; the CapabilityStatement says so', async t => {
  const own = await operator.post<OperationOutcome>('/fhir/Patient/$validate', { resourceType: 'Patient' })
  t.match(own, { status: 200 })
  const answer = await hospital.send('POST', '/fhir/Patient/$validate', '{}', {
    'content-type': 'application/fhir+json'
  })
  t.equal(answer.status, 401)
  const { body } = await hospital.get<{ rest: { resource: { type: string; operation?: { name: string }[] }[] }[] }>(
    '/fhir/metadata'
  )
  const listed = body.rest[0]!.resource.filter(({ operation = [] }) =>
    operation.some(({ name }) => name === 'validate')
  )
  t.ok(listed.length > 20)
  t.ok(listed.some(({ type }) => type === 'QuestionnaireResponse'))
})

const constraint = (expression: string) => ({
  url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-constraint',
  extension: [
    { url: 'key', valueId: 'k-1' },
    { url: 'severity', valueCode: 'error' },
    { url: 'human', valueString: 'k' },
    { url: 'expression', valueString: expression }
  ]
})

t.test('an expression that never ends is stopped; meanwhile and afterwards others are served', async t => {
  const nested = (depth: number): string => (depth === 0 ? '1' : `(1|2|3|4|5|6|7|8|9).select(${nested(depth - 1)})`)
  const endless = form(one, { extension: [constraint(`${nested(9)}.exists()`)] })
  const asked = { settled: false }
  const stopped = validate(
    'QuestionnaireResponse',
    around(answers(answered), { name: 'questionnaire', resource: endless })
  ).finally(() => {
    asked.settled = true
  })
  const other = await validate('Patient', { resourceType: 'Patient' })
  t.match(other, { found: ['information ok'] })
  t.notOk(asked.settled, 'the others did not wait')
  t.match(await stopped, { found: ['error que-time'], issues: [{ code: 'too-costly', diagnostics: /repeat/ }] })
  t.match(
    await validate('QuestionnaireResponse', around(answers([]), { name: 'questionnaire', resource: form(one) })),
    { found: ['error qr-06'] }
  )
})

t.test('more than can wait are refused, and asked to come again', async t => {
  const body = around(answers(answered), { name: 'questionnaire', resource: form(one) })
  const all = await Promise.all(
    Array.from({ length: 60 }, () => hospital.post('/fhir/QuestionnaireResponse/$validate', body))
  )
  const refused = all.filter(({ status }) => status === 503)
  t.ok(all.some(({ status }) => status === 200))
  for (const each of refused) {
    t.equal(refusalOf(each), 'overloaded')
    t.equal(each.headers['retry-after'], '1')
  }
})

t.test('nothing of what was sent is logged or said again, not even by a form that prints', async t => {
  const canary = 'カナリア-7f3a'
  const traced = form(one, { extension: [constraint(`item.answer.value.trace('${canary}').exists()`)] })
  const told = answers([{ linkId: '1', answer: [{ valueString: canary }, { valueString: canary }] }])
  const sent = around(told, { name: 'questionnaire', resource: traced })
  const before = hospital.received.length
  t.match((await validate('QuestionnaireResponse', sent)).status, 200)
  await validate('QuestionnaireResponse', around(told))
  await validate('Patient', { resourceType: 'Patient', [canary]: canary, gender: canary })
  await validate('Nonsense', { resourceType: canary })
  t.notMatch(hospital.received.slice(before).join(''), canary)
  t.notMatch(running.logged(), canary)
})
