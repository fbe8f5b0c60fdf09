import { pullWhenTold } from '../../parties/pull.ts'
import { search } from '../../parties/story.ts'
import { depositFromRecords, gather, openedBy, processed, releaseTo } from '../acts.ts'
import type { Scene } from '../scene.ts'

/** A driver after a stroke: a first opinion says "not now", a later one "under conditions"; then the return plan. */
export async function returnToWork(scene: Scene): Promise<void> {
  const { step, town, receivers, trust, story } = scene
  const opened = await step('0', '申出', 'HR opens the case', saw => openedBy(scene, 'hr', saw))
  const joined = await step('0a', '本人・医療機関の参加', 'worker and hospital join', saw => gather(scene, opened, saw))
  await step('1', '勤務情報提供書', 'HR signs and deposits the work information', async saw => {
    await depositFromRecords(scene, 'hr', `work-information/${story.slug}.json`, joined.hr, saw)
  })
  await step('2', '勤務情報を主治医へ', 'released to the hospital', async saw => {
    await releaseTo(scene, joined, { from: town.hr, to: [town.hospital], kinds: ['work-information'], classes: 'all' })
    const pulled = await pullWhenTold(town.hospital, receivers.hospital, trust)
    saw('the physician knows the work', Array.isArray(pulled.answers['wi.duties.activity']))
  })
  await step('2a', '事前の同意', 'a standing release, given before there is an opinion', async saw => {
    await releaseTo(scene, joined, {
      from: town.hospital,
      to: [town.hr],
      kinds: ['opinion-return'],
      classes: processed
    })
    saw('and nothing to find yet', (await search(town.hr, joined.hr.subject, '&type=opinion-return')).length === 0)
  })
  await step('3', '意見書(現時点で不可)', 'a first opinion: not now', async saw => {
    await depositFromRecords(scene, 'hospital', `opinion-return/${story.slug}-not-now.json`, joined.hospital, saw)
    const pulled = await pullWhenTold(town.hr, receivers.hr, trust)
    saw('HR was told on arrival', pulled.answers['or.opinion'] === 'not-now')
    saw('with the date until which', typeof pulled.answers['or.absentUntil'] === 'string')
  })
  await step('4', '意見書(条件付き可)', 'three months later: under conditions', async saw => {
    await depositFromRecords(scene, 'hospital', `opinion-return/${story.slug}.json`, joined.hospital, saw)
    const pulled = await pullWhenTold(town.hr, receivers.hr, trust)
    saw('HR reads the new opinion', pulled.answers['or.opinion'] === 'conditional')
    saw(
      'both stand in the worker’s box',
      (await search(town.worker, joined.worker.subject, '&type=opinion-return')).length === 2
    )
  })
  await step('5', '職場復帰支援プラン', 'HR signs and deposits the return plan', async saw => {
    await depositFromRecords(scene, 'hr', `support-plan/${story.slug}.json`, joined.hr, saw)
    saw('the worker sees it', (await search(town.worker, joined.worker.subject, '&type=support-plan')).length === 1)
  })
}
