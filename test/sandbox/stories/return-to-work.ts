import { search } from '../../parties/story.ts'
import { depositFromRecords, gather, openedBy, stateOf } from '../acts.ts'
import { keptFromHr } from '../canaries.ts'
import { arrivesProcessed, arrivesWhole, processed, releaseTo } from '../handing-over.ts'
import type { Scene } from '../scene.ts'

/** A driver after a stroke: a first opinion says "not now", a later one "under conditions"; then the return plan. */
export async function returnToWork(scene: Scene): Promise<void> {
  const { step, town, story } = scene
  const first = `opinion-return/${story.slug}-not-now.json`
  const second = `opinion-return/${story.slug}.json`
  const opened = await step('0', '申出', 'HR opens the case', saw => openedBy(scene, 'hr', saw))
  const joined = await step('0a', '本人・医療機関の参加', 'worker and hospital join', saw => gather(scene, opened, saw))
  const work = await step('1', '勤務情報提供書', 'HR signs and deposits the work information', saw =>
    depositFromRecords(scene, 'hr', `work-information/${story.slug}.json`, joined.hr, saw)
  )
  await step('2', '勤務情報を主治医へ', 'released to the hospital', async saw => {
    await releaseTo(scene, joined, { from: town.hr, to: [town.hospital], kinds: ['work-information'], classes: 'all' })
    await arrivesWhole(scene, 'hospital', work.stored.answers, saw)
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
    const { stored } = await depositFromRecords(scene, 'hospital', first, joined.hospital, saw)
    const { answers } = await arrivesProcessed(scene, first, stored.answers, saw)
    saw('on arrival, with the date until which', answers['or.opinion'] === 'not-now' && 'or.absentUntil' in answers)
    saw('case in-follow-up', (await stateOf(town.worker, joined.worker)) === 'in-follow-up')
  })
  await step('4', '意見書(条件付き可)', 'three months later: under conditions', async saw => {
    const { stored } = await depositFromRecords(scene, 'hospital', second, joined.hospital, saw)
    const { answers } = await arrivesProcessed(scene, second, stored.answers, saw)
    saw('HR reads the new opinion', answers['or.opinion'] === 'conditional')
    const own = await search(town.worker, joined.worker.subject, '&type=opinion-return')
    saw('both stand in the worker’s box', own.length === 2)
  })
  await step('5', '職場復帰支援プラン', 'HR signs and deposits the return plan', async saw => {
    const { stored } = await depositFromRecords(scene, 'hr', `support-plan/${story.slug}.json`, joined.hr, saw)
    saw('it names the day of return', typeof stored.answers['sp.returnDate'] === 'string')
    saw('the worker sees it', (await search(town.worker, joined.worker.subject, '&type=support-plan')).length === 1)
  })
  await step('6', '全体の確認', 'nothing of the physician that HR may not know', saw =>
    keptFromHr(scene, [first, second], saw)
  )
}
