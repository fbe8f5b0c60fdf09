import { pullWhenTold } from '../../parties/pull.ts'
import { search } from '../../parties/story.ts'
import { depositFromRecords, gather, openedBy, processed, releaseTo } from '../acts.ts'
import { canariesIn, foundIn } from '../canaries.ts'
import type { Scene } from '../scene.ts'

/** The card variant (domain §3), opened by the hospital's social worker: the employer joins by the worker's code. */
export async function card(scene: Scene): Promise<void> {
  const { step, town, receivers, trust, story } = scene
  const path = `support-card/${story.slug}.json`
  const opened = await step('0', '医療機関からの開始', 'the hospital opens the case', saw =>
    openedBy(scene, 'hospital', saw)
  )
  const joined = await step('0a', '本人・事業者の参加', 'worker and employer join', saw => gather(scene, opened, saw))
  await step('1', '両立支援カード', 'the physician signs and deposits the card', async saw => {
    await depositFromRecords(scene, 'hospital', path, joined.hospital, saw)
    saw('the employer finds nothing yet', (await search(town.hr, joined.hr.subject)).length === 0)
  })
  await step('2', '本人から会社へ', 'the worker releases it to HR', async saw => {
    await releaseTo(scene, joined, { from: town.hospital, to: [town.hr], kinds: ['support-card'], classes: processed })
    const pulled = await pullWhenTold(town.hr, receivers.hr, trust)
    const { hidden } = canariesIn(scene.records, path)
    saw(`on the view form ${pulled.form}`, pulled.form.startsWith('support-card-processed|'))
    saw(`none of ${hidden.length} canaries in its bytes`, foundIn([pulled.bytes.toString()], hidden).length === 0)
  })
  await step('3', 'プラン', 'HR signs and deposits the plan', async saw => {
    await depositFromRecords(scene, 'hr', `support-plan/${story.slug}.json`, joined.hr, saw)
  })
}
