import { search } from '../../parties/story.ts'
import { depositFromRecords, letIn, openedBy, seePerson, takeInvitation } from '../acts.ts'
import { keptFromHr } from '../canaries.ts'
import { arrivesProcessed, arrivesWhole, processed, releaseTo } from '../handing-over.ts'
import type { Scene } from '../scene.ts'

/** The card variant (domain §3), opened by the hospital's social worker: the employer comes in when the card is there. */
export async function card(scene: Scene): Promise<void> {
  const { step, town, story } = scene
  const path = `support-card/${story.slug}.json`
  const hospital = await step('0', '医療機関からの開始', 'the hospital opens the case', saw =>
    openedBy(scene, 'hospital', saw)
  )
  const worker = await step('0a', '本人の参加', 'the worker joins', async saw => {
    const known = await takeInvitation(scene, 'hospital', hospital, saw)
    await seePerson(scene, known, saw)
    return known
  })
  const sent = await step('1', '両立支援カード', 'the physician signs and deposits the card', saw =>
    depositFromRecords(scene, 'hospital', path, hospital, saw)
  )
  const hr = await step('2', '事業者の参加', 'the employer joins by the worker’s code', async saw => {
    const known = await letIn(scene, 'employer', worker, saw)
    saw('and finds nothing yet', (await search(town.hr, known.subject)).length === 0)
    return known
  })
  await step('3', '本人から産業医へ', 'the worker releases all of it to 産業医', async saw => {
    const to = { from: town.hospital, to: [town.ohp], kinds: ['support-card'], classes: 'all' } as const
    await releaseTo(scene, { worker }, to)
    await arrivesWhole(scene, 'ohp', sent.stored.answers, saw)
  })
  await step('4', '本人から人事へ(加工済み)', 'and to HR what it needs', async saw => {
    const to = { from: town.hospital, to: [town.hr], kinds: ['support-card'], classes: processed } as const
    await releaseTo(scene, { worker }, to)
    await arrivesProcessed(scene, path, sent.stored.answers, saw)
  })
  await step('5', 'プラン', 'HR signs and deposits the plan', async saw => {
    await depositFromRecords(scene, 'hr', `support-plan/${story.slug}.json`, hr, saw)
    saw('the worker sees it', (await search(town.worker, worker.subject, '&type=support-plan')).length === 1)
  })
  await step('6', '全体の確認', 'nothing of the physician that HR may not know', saw => keptFromHr(scene, [path], saw))
}
