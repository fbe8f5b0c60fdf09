import type { Consent } from '@medplum/fhirtypes'
import { extensionUrl } from '../../../src/document/canonical.ts'
import { pullWhenTold } from '../../parties/pull.ts'
import {
  accept,
  documentOf,
  expectStatus,
  join,
  openCase,
  parameters,
  refusalOf,
  releaseConsent,
  search,
  withdraw
} from '../../parties/story.ts'
import { verifyReceipt } from '../../parties/verify-receipt.ts'
import { depositFromRecords, gather, type Joined, openedBy, processed, releaseTo } from '../acts.ts'
import type { Scene } from '../scene.ts'

/** The worker says no, changes their mind and takes it back; and an employer tries the worker's own invitation. */
export async function refusals(scene: Scene): Promise<void> {
  const { step, town, story } = scene
  const opened = await step('0', '申出', 'HR opens the case', saw => openedBy(scene, 'hr', saw))
  const joined = await step('0a', '本人・医療機関の参加', 'worker and hospital join', saw => gather(scene, opened, saw))
  const original = await step('1', '主治医意見書', 'an opinion lies in the worker’s box', saw =>
    depositFromRecords(scene, 'hospital', `opinion-continuation/${story.slug}.json`, joined.hospital, saw)
  )
  await step('2', '同意しない', 'the worker releases nothing', async saw => {
    const absent = await town.hr.get(`/fhir/Bundle/${crypto.randomUUID()}`)
    const guessed = await town.hr.get(`/fhir/Bundle/${original.id}`)
    saw('the original’s id and a made-up one: the same 404', guessed.status === 404 && absent.text === guessed.text)
    saw('searches are empty', (await search(town.hr, joined.hr.subject)).length === 0)
  })
  await withdrawal(scene, joined)
  await invitation(scene)
}

async function withdrawal(scene: Scene, joined: Joined): Promise<void> {
  const { step, town, receivers, trust } = scene
  const released = await step('3', '同意', 'the worker releases it to HR after all', async saw => {
    const consent = await releaseTo(scene, joined, {
      from: town.hospital,
      to: [town.hr],
      kinds: ['opinion-continuation'],
      classes: processed
    })
    const pulled = await pullWhenTold(town.hr, receivers.hr, trust)
    saw('HR was told and read it', pulled.bytes.byteLength > 0)
    return { consent, pulled }
  })
  await step('4', '同意の撤回', 'and takes it back', async saw => {
    const answered = expectStatus(await withdraw(town.worker, released.consent), 200)
    const extension = (answered.body as Consent).extension!.find(each => each.url === extensionUrl('receipt'))!
    const receipt = verifyReceipt(extension.valueString!, undefined, trust)
    saw('a receipt of the withdrawal', receipt.act === 'consent-withdraw')
    const gone = await documentOf(town.hr, released.pulled.reference)
    const absent = await town.hr.get(`/fhir/Bundle/${crypto.randomUUID()}`)
    saw('HR’s own id now answers the one 404', gone.status === 404 && gone.text === absent.text)
    saw('and its search is empty', (await search(town.hr, joined.hr.subject)).length === 0)
  })
}

/** The invitation goes through the employer; what it can get by it is nothing about health (design §3). */
async function invitation(scene: Scene): Promise<void> {
  const { step, town, story } = scene
  await step('5', '招待の横取り', 'an employer uses the worker’s invitation itself', async saw => {
    const known = await openCase(town.hr, story)
    const byHr = await join(town.hr, story, known.invitation!)
    saw('as an employer: code-invalid', byHr.status === 422 && refusalOf(byHr) === 'code-invalid')
    const asWorker = await town.hr.post(
      '/fhir/EpisodeOfCare/$accept',
      parameters({ name: 'invitation', valueString: known.invitation! })
    )
    saw('as a worker by its own client: refused', asWorker.status === 403)
    const accomplice = await accept(town.worker, known.invitation!)
    const consent = releaseConsent({
      subject: accomplice.subject,
      discloser: town.hr.file.organization,
      recipients: [town.hr.file.party],
      kinds: ['opinion-continuation'],
      classes: 'all'
    })
    const answered = await town.worker.post('/fhir/Consent', consent)
    saw(
      'by an accomplice’s account: unconfirmed, releases nothing',
      answered.status === 409 && refusalOf(answered) === 'case-state'
    )
    saw('and sees nothing of a physician', (await search(town.worker, accomplice.subject)).length === 0)
  })
}
