import { Session } from 'node:inspector/promises'
import t from 'tap'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { kinds } from '../../src/document/kinds.ts'
import { closeAll, joinedCase } from '../journeys/joined-case.ts'
import { publishedForm } from '../parties/forms.ts'
import { startGateway } from '../parties/gateway.ts'
import { deposit, documentOf, expectStatus, liveDocument, parameters, release, search } from '../parties/story.ts'

/** How often forms were compiled in this process since it was last asked: V8 counts the calls of each function. */
async function watchCompilations(): Promise<() => Promise<number>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage')
    const functions = result.find(({ url }) => url.endsWith('/src/forms/compile.ts'))?.functions ?? []
    return functions.find(({ functionName }) => functionName === 'compileForm')?.ranges[0]?.count ?? 0
  }
}

t.test('a form is compiled when the gateway starts, and never for a document, a prefill or a view', async t => {
  const compilations = await watchCompilations()
  // The partners of this test, who live in the same process, compile the forms that they have downloaded.
  const ours = Object.values(kinds).flatMap(({ code, versions }) => versions.map(each => publishedForm(code, each)))
  t.equal(await compilations(), ours.length, 'each call is counted')

  const running = await startGateway()
  const { town, atHr, atWorker, atHospital } = await joinedCase(running, case1)
  const { hr, hospital, ohp, worker } = town
  t.teardown(async () => {
    await closeAll(Object.values(town))
    await running.stop()
  })
  const atStart = await compilations()
  t.ok(atStart >= ours.length, `${atStart} forms and views at the start`)

  const asked = parameters({ name: 'case', valueReference: { reference: `EpisodeOfCare/${atHr.id}` } })
  const information = liveDocument(case1, 'work-information', atHr)
  const opinion = liveDocument(case1, 'opinion-continuation', atHospital)
  expectStatus(await hr.post('/fhir/Bundle/$validate', information), 200)
  expectStatus(await deposit(hr, information), 201)
  expectStatus(await deposit(hospital, opinion), 201)
  await release(worker, {
    subject: atWorker.subject,
    discloser: hospital.file.organization,
    recipients: [hr.file.party],
    kinds: ['opinion-continuation'],
    classes: ['work-restriction']
  })
  const found = await search(hr, atHr.subject)
  t.equal(found.length, 2, 'one of its own, and a view of the opinion')
  for (const each of found) expectStatus(await documentOf(hr, each), 200)
  expectStatus(await hr.get('/fhir/Questionnaire/work-information-2026'), 200)
  expectStatus(await ohp.post('/fhir/Questionnaire/support-plan-2026/$populate', asked), 200)
  t.equal(await compilations(), 0)
})
