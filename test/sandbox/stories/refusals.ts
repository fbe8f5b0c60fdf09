import { randomUUID } from 'node:crypto'
import type { Consent } from '@medplum/fhirtypes'
import { extensionUrl } from '../../../src/document/canonical.ts'
import type { Answered, Party } from '../../parties/party.ts'
import type { Pulled } from '../../parties/pull.ts'
import { expectStatus, withdraw } from '../../parties/story.ts'
import { verifyReceipt } from '../../parties/verify-receipt.ts'
import { about, type Deposited, depositFromRecords, gather, isRefused, type Joined, leafOf, openedBy } from '../acts.ts'
import { arrivesProcessed, arrivesWhole, processed, releaseTo } from '../handing-over.ts'
import type { Scene } from '../scene.ts'
import type { Saw } from '../step.ts'

/** The worker releases nothing, then changes their mind, and takes it back. The employer can tell none of it from silence. */
export async function refusals(scene: Scene): Promise<void> {
  const { step, town, story } = scene
  const path = `opinion-continuation/${story.slug}.json`
  const opened = await step('0', '申出', 'HR opens the case', saw => openedBy(scene, 'hr', saw))
  const joined = await step('0a', '本人・医療機関の参加', 'worker and hospital join', saw => gather(scene, opened, saw))
  await step('1', '勤務情報を主治医へ', 'work information, handed to the physician', async saw => {
    const { stored } = await depositFromRecords(scene, 'hr', `work-information/${story.slug}.json`, joined.hr, saw)
    await releaseTo(scene, joined, { from: town.hr, to: [town.hospital], kinds: ['work-information'], classes: 'all' })
    await arrivesWhole(scene, 'hospital', stored.answers, saw)
  })
  const before = await glances(scene, joined)
  const original = await step('2', '主治医意見書', 'an opinion lies in the worker’s box', saw =>
    depositFromRecords(scene, 'hospital', path, joined.hospital, saw)
  )
  await step('3', '同意しない', 'the worker releases nothing', async saw => {
    saw(
      'HR and 産業医 search and see the case: the same bytes as before the opinion',
      same(before, await glances(scene, joined))
    )
    for (const party of [town.hr, town.ohp]) {
      const answers = [...(await guesses(party, original.id)), ...(await guesses(party, randomUUID()))]
      saw(
        `${party.file.role}: the original’s id and a made-up one, ${answers.length} routes, one 404`,
        isOne404(answers)
      )
    }
  })
  const released = await step('4', '同意', 'the worker releases it to HR after all', async saw => {
    const to = { from: town.hospital, to: [town.hr], kinds: ['opinion-continuation'], classes: processed } as const
    const consent = await releaseTo(scene, joined, to)
    return { consent, pulled: await arrivesProcessed(scene, path, original.stored.answers, saw) }
  })
  await step('5', '同意の撤回', 'and takes it back', saw =>
    withdrawal(scene, joined, { ...released, original, before }, saw)
  )
}

/** All that the employer's systems see without knowing an id: searches, and the case itself. */
async function glances({ town }: Scene, { hr }: Joined): Promise<readonly string[]> {
  const query = `${about(hr.subject)}&type=opinion-continuation`
  const paths = [`/fhir/DocumentReference?${query}`, `/fhir/EpisodeOfCare/${hr.id}`]
  const asked = [town.hr, town.ohp].flatMap(party => paths.map(path => party.get(path)))
  return (await Promise.all(asked)).map(answered => expectStatus(answered, 200).text)
}

const same = (one: readonly string[], other: readonly string[]): boolean => one.join('\n') === other.join('\n')

/** Every way to ask for a document whose id one believes to know. */
const guesses = (party: Party, id: string): Promise<readonly Answered[]> =>
  Promise.all(
    [`Bundle/${id}`, `DocumentReference/${id}`, `DocumentReference/${id}/$receipt`].map(path =>
      party.get(`/fhir/${path}`)
    )
  )

const isOne404 = (answers: readonly Answered[]): boolean =>
  answers.every(each => isRefused(each, 404, 'not-found') && each.bytes.equals(answers[0]!.bytes))

interface Given {
  readonly consent: string
  readonly pulled: Pulled
  readonly original: Deposited
  readonly before: readonly string[]
}

async function withdrawal(scene: Scene, joined: Joined, given: Given, saw: Saw): Promise<void> {
  const { town, trust } = scene
  const { consent, pulled, original, before } = given
  const current = expectStatus(await town.worker.get<Consent>(`/fhir/Consent/${consent}`), 200)
  const stale = await town.worker.put(
    `/fhir/Consent/${consent}`,
    { ...current.body, status: 'inactive' },
    { headers: { 'if-match': 'W/"77"' } }
  )
  saw('not over a version that nobody saw (412)', isRefused(stale, 412, 'precondition-failed'))
  const answered = expectStatus(await withdraw(town.worker, consent), 200)
  const extension = answered.body.extension!.find(each => each.url === extensionUrl('receipt'))!
  const receipt = verifyReceipt(extension.valueString!, undefined, trust)
  saw(`receipt of the withdrawal in the log (${leafOf(receipt)})`, receipt.act === 'consent-withdraw')
  const answers = [...(await guesses(town.hr, pulled.reference.id)), ...(await guesses(town.hr, randomUUID()))]
  saw('HR’s own ids answer the one 404 at once', isOne404(answers))
  const [search] = await glances(scene, joined)
  saw('its search answers the same bytes as before the opinion', search === before[0])
  const own = await town.worker.get(`/fhir/Bundle/${original.id}`)
  saw('the worker keeps the original', expectStatus(own, 200).bytes.equals(original.bytes))
}
