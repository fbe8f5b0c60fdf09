import type { Parameters, QuestionnaireResponse } from '@medplum/fhirtypes'
import { toPlain } from '../../../src/forms/plain.ts'
import { verifyAuthorSignature } from '../../../src/signature/verify.ts'
import { toInstant } from '../../../src/standards/fhir-time.ts'
import { publishedForm } from '../../parties/forms.ts'
import type { Party } from '../../parties/party.ts'
import { receiptOfReading } from '../../parties/pull.ts'
import { townTrust } from '../../parties/records.ts'
import { deposit, documentOf, expectStatus, parameters, receiptOf, search } from '../../parties/story.ts'
import { verifyReceipt } from '../../parties/verify-receipt.ts'
import {
  type Deposited,
  deposited,
  depositFromRecords,
  gather,
  isRefused,
  type Joined,
  leafOf,
  openedBy,
  stateOf
} from '../acts.ts'
import { audits } from '../audits.ts'
import { foundIn, hiddenIn, keptFromHr } from '../canaries.ts'
import { newCard, qualifiedSignature, stolenCard } from '../cards.ts'
import { draftAndConfirm } from '../drafts.ts'
import { arrives, arrivesProcessed, arrivesWhole, processed, releaseTo } from '../handing-over.ts'
import { ohpOpinion } from '../ohp-opinion.ts'
import type { Scene } from '../scene.ts'
import type { Saw } from '../step.ts'
import { stampedLog, stampedSignature } from '../time-stamps.ts'

const path = 'opinion-continuation/colorectal-cancer-sales.json'

/** Steps 0 to 5 of the domain (§3): an employer with a platform, a hospital, a 産業医, a worker who goes on working. */
export async function continuation(scene: Scene): Promise<void> {
  const { step, town } = scene
  const originals = new Map<string, Party>()
  const read: string[] = []
  const opened = await step('0', '申出', 'the worker asks, HR opens the case', saw => openedBy(scene, 'hr', saw))
  const joined = await step('0a', '本人・医療機関の参加', 'worker and hospital join', saw => gather(scene, opened, saw))

  const work = await step(
    '1',
    '勤務情報提供書の作成',
    'work information as plain JSON, confirmed by both',
    async saw => {
      const made = await draftAndConfirm(scene, joined, 'work-information', saw)
      saw('case work-info-signed', (await stateOf(town.worker, joined.worker)) === 'work-info-signed')
      return made
    }
  )
  originals.set(`DocumentReference/${work.id}`, town.hr)
  await step('2', '勤務情報を主治医へ', 'the worker hands it to the physician', async saw => {
    await releaseTo(scene, joined, { from: town.hr, to: [town.hospital], kinds: ['work-information'], classes: 'all' })
    read.push((await arrivesWhole(scene, 'hospital', work.answers, saw)).reference.id)
    saw('case with-physician', (await stateOf(town.worker, joined.worker)) === 'with-physician')
  })
  await step('2a', '意見書の下書き', 'the next form, filled from the case', saw => nextForm(scene, joined, saw))

  const opinion = await step('3', '主治医意見書', 'the physician signs and deposits the opinion', async saw => {
    const sent = await depositFromRecords(scene, 'hospital', path, joined.hospital, saw, await newCard(scene))
    await depositAgain(scene, sent, saw)
    saw('HR finds nothing of it', (await search(town.hr, joined.hr.subject, '&type=opinion-continuation')).length === 0)
    saw('産業医 finds nothing', (await search(town.ohp, joined.hr.subject)).length === 0)
    return sent
  })
  originals.set(`DocumentReference/${opinion.id}`, town.hospital)
  await step('3t', 'タイムスタンプ', 'the time-stamping authority stamps the signature', saw =>
    stampedSignature(scene, opinion, saw)
  )
  await step('3q', '署名の保証水準', 'the signature is qualified, and one by a stolen card is not', async saw => {
    await qualifiedSignature(scene, opinion, saw)
    await stolenCard(scene, opinion, saw)
  })
  await step('3a', '本人の保管箱', 'the worker reads it whole and confirms it', saw =>
    ownBox(scene, joined, opinion, saw)
  )

  await step('4', '本人から産業医へ', 'to 産業医: the whole opinion', async saw => {
    const to = { from: town.hospital, to: [town.ohp], kinds: ['opinion-continuation'], classes: 'all' } as const
    await releaseTo(scene, joined, to)
    const pulled = await arrivesWhole(scene, 'ohp', opinion.stored.answers, saw)
    const hidden = hiddenIn(scene.records, path)
    const found = foundIn([pulled.bytes.toString()], hidden)
    saw(`${found.length} of ${hidden.length} canaries in its bytes: the search finds what is there`, found.length > 0)
    saw('under another id than the original’s', pulled.reference.id !== opinion.id)
    read.push(pulled.reference.id)
  })
  await step('4a', '本人から人事へ(加工済み)', 'to HR: fitness, measures, considerations, period', async saw => {
    const to = { from: town.hospital, to: [town.hr], kinds: ['opinion-continuation'], classes: processed } as const
    await releaseTo(scene, joined, to)
    read.push((await arrivesProcessed(scene, path, opinion.stored.answers, saw)).reference.id)
  })
  await step('4b', '産業医の意見', 'the 産業医 writes an own opinion, HR receives it', async saw => {
    const written = ohpOpinion(scene, joined.hr)
    const own = await deposited(town.ohp, written.bundle, scene.trust, saw)
    originals.set(`DocumentReference/${own.id}`, town.ohp)
    saw('HR finds nothing of it', (await search(town.hr, joined.hr.subject, '&type=ohp-opinion')).length === 0)
    await releaseTo(scene, joined, { from: town.ohp, to: [town.hr], kinds: ['ohp-opinion'], classes: processed })
    const { answers, reference } = await arrives(scene, 'hr', saw)
    const isThere = (id: string) => answers[id] !== undefined && answers[id] === written.answers[id]
    saw('就業区分 and 就業上の措置 as written', ['oh.workClass', 'oh.measures'].every(isThere))
    read.push(reference.id)
  })

  const plan = await step(
    '5',
    '両立支援プラン',
    'HR and worker agree on the plan; the physician receives it',
    async saw => {
      const made = await draftAndConfirm(scene, joined, 'plan', saw)
      await releaseTo(scene, joined, { from: town.hr, to: [town.hospital], kinds: ['support-plan'], classes: 'all' })
      read.push((await arrivesWhole(scene, 'hospital', made.answers, saw)).reference.id)
      saw('case in-follow-up', (await stateOf(town.worker, joined.worker)) === 'in-follow-up')
      return made
    }
  )
  originals.set(`DocumentReference/${plan.id}`, town.hr)
  await step('6', '監査', 'auditors pair each disclosure with its consent', saw =>
    audits(scene, joined, { originals, read }, saw)
  )
  await step('6t', '記録のタイムスタンプ', 'the head of the log is stamped', saw => stampedLog(scene, saw))
  await step('7', '全体の確認', 'nothing medical of the physician ever reached HR', saw =>
    keptFromHr(scene, [path], saw)
  )
}

async function nextForm({ town, story }: Scene, joined: Joined, saw: Saw): Promise<void> {
  const path = '/fhir/Questionnaire/opinion-continuation-2026/$populate'
  const ask = (id: string) =>
    town.hospital.post<Parameters>(
      path,
      parameters({ name: 'case', valueReference: { reference: `EpisodeOfCare/${id}` } })
    )
  const [filled] = expectStatus(await ask(joined.hospital.id), 200).body.parameter!
  const answers = toPlain(publishedForm('opinion-continuation', '2026'), filled!.resource as QuestionnaireResponse)
  const { name, birthDate } = story.worker
  saw(
    'name and birth date of the worker',
    answers['oc.patient.name'] === name && answers['oc.patient.birthDate'] === birthDate
  )
  saw('name of the hospital', answers['oc.institution.name'] === story.hospital.name)
  const foreign = await ask('019aaaaa-0000-7000-8000-000000000000')
  saw('not of a case of others (404)', isRefused(foreign, 404, 'not-found'))
}

/** What a gateway must do with a second sending: the same answer for the same bytes, a refusal for others. */
async function depositAgain({ town, trust }: Scene, sent: Deposited, saw: Saw): Promise<void> {
  const { leafIndex } = verifyReceipt(
    receiptOf(expectStatus(await deposit(town.hospital, sent.bundle), 200)),
    sent.bytes,
    trust
  )
  saw('sent again: the same receipt', leafIndex === sent.receipt.leafIndex)
  const changed = await deposit(town.hospital, { ...sent.bundle, timestamp: toInstant(Date.now() - 1000) })
  saw('changed after signing: 422 signature-invalid', isRefused(changed, 422, 'signature-invalid'))
}

async function ownBox(scene: Scene, { worker, hr }: Joined, opinion: Deposited, saw: Saw): Promise<void> {
  const { town, story, trust } = scene
  const [found] = await search(town.worker, worker.subject, '&type=opinion-continuation')
  const own = expectStatus(await documentOf(town.worker, found!), 200)
  saw('byte by byte what the physician sent', own.bytes.equals(opinion.bytes))
  const when = { verifiedAt: Date.now(), receivedAt: Date.now(), organization: story.hospital.identifier }
  const { assurance } = await verifyAuthorSignature(own.body, townTrust, when)
  saw('the physician’s certificate leads to the authority', assurance === 'certificate')
  const receipt = await receiptOfReading(town.worker, opinion.id, own.bytes, trust)
  saw(`the record of the deposit opens ${leafOf(receipt)}`, receipt.opening !== undefined)
  const confirm = (slot: string) =>
    town.worker.post(`/fhir/DocumentReference/${opinion.id}/$confirm`, parameters({ name: 'slot', valueCode: slot }))
  const foreign = await confirm('oc.sign.physician')
  saw('not in the physician’s place (400)', isRefused(foreign, 400, 'parameter-invalid'))
  expectStatus(await confirm('oc.sign.worker'), 200)
  saw('本人署名 attested', (await stateOf(town.worker, worker)) === 'worker-review')
  saw('HR sees no more than "waiting"', (await stateOf(town.hr, hr)) === 'waiting')
}
