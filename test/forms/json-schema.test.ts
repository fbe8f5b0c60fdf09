import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import t from 'tap'
import { answersSchema } from '../../src/forms/json-schema.ts'
import { toPlain } from '../../src/forms/plain.ts'
import { formOf, questionnaires } from './forms.ts'
import { formAndResponse } from './generate.ts'

const compile = (schema: object) =>
  new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(schema)

t.test('the plain answers of every valid response satisfy the schema of its form', async t => {
  fc.assert(
    fc.property(formAndResponse(), ({ form, response }) => {
      const validate = compile(answersSchema(form))
      t.ok(validate(JSON.parse(JSON.stringify(toPlain(form, response)))), JSON.stringify(validate.errors ?? []))
    }),
    { numRuns: 30 }
  )
})

t.test('every form of the project has a schema that stands by itself', async t => {
  for (const { id = '' } of questionnaires) t.ok(compile(answersSchema(formOf(id))), id)
})

t.test('the schema of an opinion says in both languages what to write', async t => {
  const schema = answersSchema(formOf('opinion-return-2026'))
  t.match(schema, {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: '職場復帰の可否等についての主治医意見書',
    description: /^Attending physician/,
    properties: {
      'or.opinion': {
        title: '復職に関する意見',
        description: 'Opinion on the return to work',
        oneOf: [{ const: 'yes', title: '復職可', description: 'Can return to work' }, {}, {}]
      },
      'or.patient.birthDate': { type: 'string', title: '生年月日' }
    },
    required: ['or.patient.name', 'or.patient.birthDate', 'or.opinion', 'or.institution.name'],
    additionalProperties: false
  })
})

t.test('what an answer demands or forbids is part of the schema', async t => {
  const validate = compile(answersSchema(formOf('opinion-return-2024')))
  const base = { 'or.patient.name': 'x', 'or.patient.birthDate': '1980-01-01' }
  const period = { 'or.period.start': '2026-09-01', 'or.period.end': '2026-10-01' }
  t.ok(validate({ ...base, 'or.opinion': 'yes' }))
  t.notOk(validate({ ...base, 'or.opinion': 'conditional' }), 'measures are missing')
  t.notOk(validate({ ...base, 'or.opinion': 'conditional', 'or.measures': 'x' }), 'the period is missing')
  t.ok(validate({ ...base, 'or.opinion': 'conditional', 'or.measures': 'x', ...period }))
  t.notOk(validate({ ...base, 'or.opinion': 'not-now' }), 'the date is missing')
  t.ok(validate({ ...base, 'or.opinion': 'not-now', 'or.absentUntil': '2026-12-01' }))
  t.notOk(validate({ ...base, 'or.opinion': 'yes', 'or.absentUntil': '2026-12-01' }), 'the date does not apply')
})

t.test('what does not fit is refused', async t => {
  const validate = compile(answersSchema(formOf('support-plan-2026')))
  const phase = { 'sp.phase.period': 'x', 'sp.phase.hours': 'x', 'sp.phase.measures': 'x' }
  const plan = {
    'sp.kind': 'continuation',
    'sp.createdOn': '2026-09-01',
    'sp.worker.name': 'x',
    'sp.worker.birthDate': '1980-01-01',
    'sp.treatment': 'x',
    'sp.phase': [phase],
    'sp.followup': 'x'
  }
  t.ok(validate(plan))
  const changes: [string, unknown][] = [
    ['sp.kind', 'holiday'],
    ['sp.createdOn', '1 September'],
    ['sp.worker.name', 5],
    ['sp.phase', phase],
    ['sp.phase', []],
    ['sp.phase', [{ ...phase, 'sp.phase.hours': undefined }]],
    ['sp.unknown', 'x'],
    ['sp.treatment', { masked: true }]
  ]
  for (const [linkId, value] of changes) {
    t.notOk(validate(JSON.parse(JSON.stringify({ ...plan, [linkId]: value }))), `${linkId} ${JSON.stringify(value)}`)
  }
  const forReaders = compile(answersSchema(formOf('support-plan-2026'), { masked: true }))
  t.ok(forReaders({ ...plan, 'sp.treatment': { masked: true } }))
})
