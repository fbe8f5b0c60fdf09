import type {
  Bundle,
  CapabilityStatement,
  OperationOutcome,
  Parameters,
  QuestionnaireResponse
} from '@medplum/fhirtypes'
import t from 'tap'
import { cases } from '../../../../fixtures/cases/cases.ts'
import { fromPlain } from '../../../../src/forms/plain.ts'
import { answersFor } from '../../../forms/answers.ts'
import { publishedView } from '../../../parties/forms.ts'
import { startGateway } from '../../../parties/gateway.ts'
import type { Party } from '../../../parties/party.ts'
import { registerTown } from '../../../parties/register.ts'
import { expectStatus, refusalOf, search } from '../../../parties/story.ts'

const running = await startGateway()
const town = await registerTown(running, cases[1]!)
t.teardown(async () => {
  await Promise.all(Object.values(town).map(party => party.close()))
  await running.stop()
})
const { hospital, hr, ohp, worker, hospitalAuditor } = town

function responseTo(name: string, version = '2026'): QuestionnaireResponse {
  const form = publishedView(name, version)
  const { items } = fromPlain(form, answersFor(form.root))
  return {
    resourceType: 'QuestionnaireResponse',
    id: 'r1',
    questionnaire: form.canonical,
    status: 'completed',
    authored: '2026-11-20T09:00:00+09:00',
    item: [...items]
  }
}

const extract = (party: Party, body: unknown) => party.post('/fhir/QuestionnaireResponse/$extract', body)

const partOf = <Part>({ body }: { readonly body: unknown }, name: string): Part =>
  (body as Parameters).parameter?.find(each => each.name === name)?.resource as Part

t.test('HR gets the request for an opinion and the work as data, and who made them of what', async t => {
  const answered = expectStatus(await extract(hr, responseTo('work-information')), 200)
  const { type, entry = [] } = partOf<Bundle>(answered, 'return')
  t.equal(type, 'transaction')
  t.same(
    entry.map(({ resource }) => resource?.resourceType),
    ['Task', 'Observation', 'Provenance']
  )
  t.match(entry.at(-1)?.resource, {
    agent: [{ who: { identifier: { value: running.baseUrl } } }],
    entity: [{ role: 'source', what: { reference: 'QuestionnaireResponse/r1' } }]
  })
  t.equal(partOf(answered, 'issues'), undefined)
})

t.test('the response may stand in Parameters', async t => {
  const parameter = { name: 'questionnaire-response', resource: responseTo('opinion-return') }
  const answered = expectStatus(await extract(hospital, { resourceType: 'Parameters', parameter: [parameter] }), 200)
  t.match(partOf(answered, 'return'), { resourceType: 'Bundle' })
  const refused = expectStatus(await extract(hospital, { resourceType: 'Parameters', parameter: [] }), 400)
  t.equal(refusalOf(refused), 'parameter-invalid')
  const twice = { resourceType: 'Parameters', parameter: [parameter, { name: 'questionnaire', resource: {} }] }
  t.equal(refusalOf(expectStatus(await extract(hospital, twice), 400)), 'parameter-invalid')
})

t.test('a form without rules says that there is nothing', async t => {
  const answered = expectStatus(await extract(hospital, responseTo('inquiry-answer')), 200)
  t.equal(partOf(answered, 'return'), undefined)
  t.match(partOf<OperationOutcome>(answered, 'issues').issue, [
    { severity: 'information', details: { coding: [{ code: 'extract-nothing' }] } }
  ])
})

t.test('a response that is wrong becomes no data', async t => {
  const good = responseTo('opinion-return')
  const bad = (changes: object) => extract(hospital, { ...good, ...changes })
  const unanswered = expectStatus(await bad({ item: good.item!.slice(0, 1) }), 422)
  t.equal(refusalOf(unanswered), 'form-invalid')
  t.ok((unanswered.body as OperationOutcome).issue!.length > 1, 'each issue is named')
  t.equal(refusalOf(expectStatus(await bad({ authored: 'yesterday' }), 422)), 'form-invalid')
  const unfinished = expectStatus(await bad({ status: 'in-progress' }), 400)
  t.match(unfinished.body, { issue: [{ expression: ['QuestionnaireResponse.status'] }] })
  for (const questionnaire of [undefined, 'http://example.org/q|1', good.questionnaire?.replace('2026', '2025')]) {
    t.equal(refusalOf(expectStatus(await bad({ questionnaire }), 422)), 'form-version-unknown')
  }
  t.equal(refusalOf(expectStatus(await extract(hospital, { resourceType: 'Patient' }), 422)), 'resource-type')
})

t.test('each role extracts what it may write or read, and nothing else', async t => {
  const statusOf = async (party: Party, name: string) => (await extract(party, responseTo(name))).status
  t.equal(await statusOf(hr, 'opinion-return'), 403, 'HR never reads an opinion')
  t.equal(await statusOf(hr, 'opinion-return-processed'), 200)
  t.equal(await statusOf(hr, 'opinion-return-supervisor'), 200)
  t.equal(await statusOf(ohp, 'opinion-return'), 200)
  t.equal(await statusOf(worker, 'opinion-continuation'), 200)
  t.equal(await statusOf(hospital, 'work-information'), 200)
  t.equal(refusalOf(await extract(hr, responseTo('opinion-return'))), 'role-not-allowed')
  t.equal(await statusOf(hospitalAuditor, 'work-information'), 403)
})

t.test('nothing is recorded, since nothing is disclosed', async t => {
  const logSize = async () => (await hr.get('/log/checkpoint')).text.split('\n')[1]
  const before = await logSize()
  expectStatus(await extract(hr, responseTo('work-information')), 200)
  t.equal(await logSize(), before)
  await search(hr, 'nobody')
  t.not(await logSize(), before, 'unlike a search')
})

t.test('the CapabilityStatement lists the operation', async t => {
  const { body } = await hr.get('/fhir/metadata')
  const [rest] = (body as CapabilityStatement).rest!
  const responses = rest!.resource!.find(({ type }) => type === 'QuestionnaireResponse')
  t.ok(responses?.operation?.some(({ name }) => name === 'extract'))
})
