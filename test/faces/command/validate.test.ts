import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle, OperationOutcome, QuestionnaireResponse } from '@medplum/fhirtypes'
import t from 'tap'
import { ryoritsu } from './console.ts'

const root = join(import.meta.dirname, '../../..')
const opinion = join(root, 'fixtures/opinion-return/stroke-driver.json')
const work = t.testdir({})
const save = (name: string, value: unknown) => {
  writeFileSync(join(work, name), typeof value === 'string' ? value : JSON.stringify(value))
  return join(work, name)
}

async function validate(...args: readonly string[]) {
  const { code, out, error } = await ryoritsu(['validate', ...args, '--json'], {})
  if (error !== '') throw new Error(error)
  const { issue } = JSON.parse(out) as OperationOutcome
  const codes = issue.flatMap(({ severity, details }) => `${severity} ${details?.coding?.[0]?.code ?? ''}`)
  return { code, codes, issue }
}

const response = (JSON.parse(readFileSync(opinion, 'utf8')) as Bundle).entry!.find(
  ({ resource }) => resource?.resourceType === 'QuestionnaireResponse'
)!.resource as QuestionnaireResponse
const ours = join(root, 'profiles/questionnaires/opinion-return-2026.json')

t.test('a document is judged as at deposit: R4, profile, identifiers and form', async t => {
  t.match(await validate(opinion), { code: 0, codes: ['information '] })
  const negative = async (name: string) => validate(join(root, `fixtures/negative/${name}.json`))
  t.match(await negative('not-fhir'), { code: 1 })
  t.match(await negative('my-number'), { code: 1, codes: ['error id-my-number'] })
  t.match(await negative('conditional-without-measures'), { code: 1 })
  t.match(await negative('broken-json'), { code: 1, codes: ['error invalid-json'] })
  t.match(await negative('duplicate-key'), { code: 1, codes: ['error duplicate-key'] })
  t.match(await negative('deeply-nested'), { code: 1, codes: ['error too-deep'] })
  t.match(await negative('ambiguous-number'), { code: 1, codes: ['error profile-number'] })
})

t.test('findings are printed for people in both languages', async t => {
  const { code, out } = await ryoritsu(['validate', join(root, 'fixtures/negative/my-number.json')], {})
  t.equal(code, 1)
  t.match(out, /^error id-my-number Bundle\.entry\[\d+\]\.resource\.identifier/)
  t.match(out, /マイナンバー/)
  t.match(out, /My Number/)
  t.match(await ryoritsu(['validate', opinion], {}), { code: 0, out: /問題はありません。 Nothing is wrong\./ })
})

t.test('a response is judged by the form handed in, else by the published one that it names', async t => {
  const { item: [first, ...rest] = [], ...others } = response
  const good = save('good.json', response)
  const bad = save('bad.json', { ...others, item: [first, first, ...rest] })
  t.match(await validate(good), { code: 0 })
  t.match(await validate(good, '--questionnaire', ours), { code: 0 })
  t.match(await validate(bad), { code: 1 })
  t.match(await validate(bad, '--questionnaire', ours), { code: 1 })

  const unknown = save('unknown.json', { ...response, questionnaire: 'https://other.example/form|1' })
  t.match(await validate(unknown), { code: 1, codes: ['error qr-02'] })
  const theirs = save('theirs.json', {
    resourceType: 'Questionnaire',
    url: 'https://other.example/form',
    version: '1',
    status: 'active',
    item: [{ linkId: '1', type: 'decimal', required: true, extension: [decimals(1)] }]
  })
  const answered = (number: string) =>
    save(
      'answered.json',
      `{"resourceType":"QuestionnaireResponse","questionnaire":"https://other.example/form|1","status":"completed",` +
        `"item":[{"linkId":"1","answer":[{"valueDecimal":${number}}]}]}`
    )
  t.match(await validate(answered('1.5'), '--questionnaire', theirs), { code: 0 })
  t.match(await validate(answered('1.50'), '--questionnaire', theirs), { code: 1 }, 'digits count as they are written')
})

const decimals = (most: number) => ({
  url: 'http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces',
  valueInteger: most
})

t.test('of other resources the structure is judged, of those without a definition nothing', async t => {
  t.match(await validate(save('p.json', { resourceType: 'Patient', gender: 'female' })), { code: 0 })
  t.match(await validate(save('p.json', { resourceType: 'Patient', gender: 'f' })), {
    code: 1,
    codes: ['error binding-required']
  })
  t.match(await validate(save('x.json', { resourceType: 'MolecularSequence' })), {
    code: 0,
    codes: ['warning r4-not-checked']
  })
  for (const value of [{ resourceType: 'Nonsense' }, { resourceType: 'DomainResource' }, {}, [], null, 'x']) {
    t.match(await validate(save('x.json', JSON.stringify(value))), { code: 1, codes: ['error resource-type'] })
  }
})

t.test('says what is wrong with how it was called', async t => {
  const wrong = async (message: RegExp, ...args: readonly string[]) => {
    t.match(await ryoritsu(['validate', ...args], {}), { code: 2, out: '', error: message })
  }
  await wrong(/exactly one file/)
  await wrong(/exactly one file/, opinion, opinion)
  await wrong(/cannot be read \(ENOENT\)/, join(work, 'nowhere'))
  await wrong(/no Questionnaire/, save('r.json', response), '--questionnaire', opinion)
  await wrong(/no resource/, save('r.json', response), '--supporting', save('s.json', []))
  await wrong(/cannot be read as JSON.* line 1/, save('r.json', response), '--supporting', save('s.json', '{'))
  t.match(await validate(opinion, '--questionnaire', ours), { code: 1, codes: ['error resource-type'] })
})

t.test('a form that is none judges nothing; what makes it none is told by itself and beside a response', async t => {
  const broken = save('broken-form.json', noForm)
  t.match(await validate(broken), { code: 1, codes: ['error que-2'] })
  t.match(await validate(save('r.json', response), '--questionnaire', broken), { code: 1, codes: ['error que-2'] })
})

t.test('value sets come from further files; advice is given where it is asked for', async t => {
  const set = save('set.json', {
    resourceType: 'ValueSet',
    url: 'https://other.example/vs',
    status: 'active',
    compose: { include: [{ system: 'https://other.example/cs', concept: [{ code: 'a' }] }] }
  })
  const form = save('coded.json', {
    resourceType: 'Questionnaire',
    status: 'active',
    item: [
      { linkId: '1', type: 'choice', answerValueSet: 'https://other.example/vs' },
      { linkId: '2', type: 'string' }
    ]
  })
  const chosen = (code: string, text: string) =>
    save('chosen.json', {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      item: [
        { linkId: '1', answer: [{ valueCoding: { system: 'https://other.example/cs', code } }] },
        { linkId: '2', answer: [{ valueString: text }] }
      ]
    })
  const beside = ['--questionnaire', form, '--supporting', set]
  t.match(await validate(chosen('a', 'あ'), ...beside), { code: 0, codes: ['information '] })
  t.match(await validate(chosen('b', 'あ'), ...beside), { code: 1 })
  t.match(await validate(chosen('a', 'ステージIII'), ...beside), { code: 0, codes: ['information '] })
  t.match(await validate(chosen('a', 'ステージIII'), ...beside, '--advise'), {
    code: 0,
    codes: ['warning advise-stage']
  })
})

t.test('XML is read as JSON is', async t => {
  const patient = (gender: string) =>
    save('p.xml', `<?xml version="1.0"?>\n<Patient xmlns="http://hl7.org/fhir"><gender value="${gender}"/></Patient>`)
  t.match(await validate(patient('female')), { code: 0 })
  t.match(await validate(patient('f')), { code: 1, codes: ['error binding-required'] })
  t.match(await validate(save('p.xml', '<Patient>')), { code: 1, codes: ['error invalid-xml'] })
})

const noForm = {
  resourceType: 'Questionnaire',
  status: 'active',
  item: [
    { linkId: '1', type: 'string' },
    { linkId: '1', type: 'string' }
  ]
}
