import t from 'tap'
import { case2 } from '../../fixtures/cases/2-breast-cancer-line.ts'
import { startGateway } from '../parties/gateway.ts'
import {
  accept,
  deposit,
  documentOf,
  expectStatus,
  invite,
  join,
  liveDocument,
  openCase,
  parameters,
  refusalOf,
  release,
  search
} from '../parties/story.ts'
import { closeAll, joinedCase } from './joined-case.ts'

const withdrawn = parameters({ name: 'to', valueCode: 'withdrawn' })

t.test('a worker who withdraws from the case has taken back all that was released in it', async t => {
  const running = await startGateway()
  t.teardown(() => running.stop())
  const { town, atHr, atWorker, atHospital } = await joinedCase(running, case2)
  t.teardown(() => closeAll(Object.values(town)))
  expectStatus(await deposit(town.hospital, liveDocument(case2, 'opinion-return', atHospital)), 201)
  await release(town.worker, {
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.ohp.file.party],
    kinds: ['opinion-return'],
    classes: 'all'
  })
  const [found] = await search(town.ohp, atHr.subject)
  expectStatus(await documentOf(town.ohp, found!), 200)

  expectStatus(await town.worker.post(`/fhir/EpisodeOfCare/${atWorker.id}/$transition`, withdrawn), 200)
  t.equal((await documentOf(town.ohp, found!)).status, 404, 'the document answers the one 404')
  t.same(await search(town.ohp, atHr.subject), [], 'and is not found')
  t.equal((await search(town.worker, atWorker.subject)).length, 1, 'the worker still has it')
  const late = await deposit(
    town.hospital,
    liveDocument(case2, 'opinion-return', atHospital, { identifier: '2719999027^2026^990001' })
  )
  t.same([late.status, refusalOf(late)], [409, 'case-state'])
})

t.test('an invitation ends with its case', async t => {
  const running = await startGateway()
  t.teardown(() => running.stop())
  const { town } = await joinedCase(running, case2)
  t.teardown(() => closeAll(Object.values(town)))
  const atHr = await openCase(town.hr, case2)
  const atWorker = await accept(town.worker, atHr.invitation!)
  const code = await invite(town.worker, atWorker.id, 'hospital')
  expectStatus(await town.worker.post(`/fhir/EpisodeOfCare/${atWorker.id}/$transition`, withdrawn), 200)
  const answered = await join(town.hospital, case2, code)
  t.same([answered.status, refusalOf(answered)], [422, 'code-invalid'])
})
