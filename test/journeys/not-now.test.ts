import type { EpisodeOfCare } from '@medplum/fhirtypes'
import t from 'tap'
import { case3 } from '../../fixtures/cases/3-stroke-driver.ts'
import { startGateway } from '../parties/gateway.ts'
import { registerTown } from '../parties/register.ts'
import {
  accept,
  confirm,
  deposit,
  expectStatus,
  invite,
  join,
  knownFrom,
  liveDocument,
  openCase,
  release
} from '../parties/story.ts'

t.test('the employer cannot tell from the case that the physician said "not now"', async t => {
  const running = await startGateway()
  t.teardown(() => running.stop())
  const town = await registerTown(running, case3)
  t.teardown(() => Promise.all(Object.values(town).map(party => party.close())))
  const { hospital, hr, worker } = town
  const atHr = await openCase(hr, case3)
  const atWorker = await accept(worker, atHr.invitation!)
  const code = await invite(worker, atWorker.id, 'hospital')
  const atHospital = knownFrom(expectStatus(await join(hospital, case3, code), 201))
  await confirm(hospital, worker, atWorker.id)
  expectStatus(await deposit(hr, liveDocument(case3, 'work-information', atHr)), 201)
  await release(worker, {
    subject: atWorker.subject,
    discloser: hr.file.organization,
    recipients: [hospital.file.party],
    kinds: ['work-information'],
    classes: 'all'
  })

  const seen = async () => expectStatus(await hr.get<EpisodeOfCare>(`/fhir/EpisodeOfCare/${atHr.id}`), 200)
  const before = await seen()
  t.match(before.body.extension, [{ valueCode: 'waiting' }])
  expectStatus(await deposit(hospital, liveDocument(case3, 'opinion-return', atHospital, { suffix: 'not-now' })), 201)
  t.equal((await seen()).text, before.text, 'the same bytes before and after')
})
