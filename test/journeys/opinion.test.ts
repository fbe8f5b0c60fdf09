import type { Bundle } from '@medplum/fhirtypes'
import t from 'tap'
import { cases } from '../../fixtures/cases/cases.ts'
import { startGateway } from '../parties/gateway.ts'
import { registerTown } from '../parties/register.ts'
import {
  accept,
  confirm,
  deposit,
  documentOf,
  expectStatus,
  invite,
  join,
  knownFrom,
  liveDocument,
  openCase,
  release,
  search
} from '../parties/story.ts'

t.test('an opinion goes from the hospital to the worker’s box and to whom the worker opens it', async t => {
  const running = await startGateway()
  t.teardown(async () => {
    if (!t.passing())
      t.comment(
        running
          .logged()
          .split('\n')
          .filter(line => line.includes('"level":50'))
          .join('\n')
      )
    await running.stop()
  })
  const story = cases[1]!
  const town = await registerTown(running, story)
  t.teardown(() => Promise.all(Object.values(town).map(party => party.close())))

  const atHr = await openCase(town.hr, story)
  const atWorker = await accept(town.worker, atHr.invitation!)
  const code = await invite(town.worker, atWorker.id, 'hospital')
  const atHospital = knownFrom(expectStatus(await join(town.hospital, story, code), 201))
  await confirm(town.hospital, town.worker, atWorker.id)
  t.equal(
    new Set([atHr.subject, atWorker.subject, atHospital.subject]).size,
    3,
    'each side knows the worker by another number'
  )

  const bundle = liveDocument(story, 'opinion-return', atHospital)
  const deposited = expectStatus(await deposit(town.hospital, bundle), 201)
  t.match(deposited.headers.location, /\/fhir\/Bundle\//)
  const again = expectStatus(await deposit(town.hospital, bundle), 200)
  t.equal(again.headers.location, deposited.headers.location)

  t.same(await search(town.hr, atHr.subject), [], 'HR finds nothing before the worker releases')
  t.same(await search(town.ohp, atHr.subject), [])
  const own = await search(town.worker, atWorker.subject)
  t.equal(own.length, 1)

  await release(town.worker, {
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.ohp.file.party],
    kinds: ['opinion-return'],
    classes: 'all'
  })
  const [atOhp, ...rest] = await search(town.ohp, atHr.subject)
  t.same(rest, [])
  const read = expectStatus(await documentOf(town.ohp, atOhp!), 200)
  t.equal((read.body as Bundle).type, 'document')
  t.equal(read.bytes.byteLength % 4096, 0)
  t.same(await search(town.hr, atHr.subject), [], 'and HR still finds nothing')
})
