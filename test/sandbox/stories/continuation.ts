import type { OperationOutcome, Parameters, QuestionnaireResponse } from '@medplum/fhirtypes'
import { documentIdSystem } from '../../../src/document/canonical.ts'
import type { DisclosureClass } from '../../../src/document/disclosure-class.ts'
import { toPlain } from '../../../src/forms/plain.ts'
import { toInstant } from '../../../src/standards/fhir-time.ts'
import { assembleDocument } from '../../parties/assemble.ts'
import { publishedForm } from '../../parties/forms.ts'
import { pullWhenTold } from '../../parties/pull.ts'
import { takeFromRecords } from '../../parties/records.ts'
import { documentOf, expectStatus, parameters, search, signAs } from '../../parties/story.ts'
import { verifyReceipt } from '../../parties/verify-receipt.ts'
import { deposited, depositFromRecords, gather, type Joined, leafOf, openedBy, processed, releaseTo } from '../acts.ts'
import { audits } from '../audits.ts'
import { canariesIn, foundIn } from '../canaries.ts'
import type { Scene } from '../scene.ts'
import type { Saw } from '../step.ts'

const opinion = 'opinion-continuation/colorectal-cancer-sales.json'

/** Steps 0 to 5 of the domain (§3): an employer with a platform, a hospital, a 産業医, a worker who goes on working. */
export async function continuation(scene: Scene): Promise<void> {
  const { step, town, receivers, trust } = scene
  const opened = await step('0', '申出', 'the worker asks, HR opens the case', saw => openedBy(scene, 'hr', saw))
  const joined = await step('0a', '本人・医療機関の参加', 'worker and hospital join', saw => gather(scene, opened, saw))
  await step('1', '勤務情報提供書の作成', 'work information as plain JSON, confirmed by both', saw =>
    draftAndConfirm(scene, joined, 'work-information', saw)
  )

  await step('2', '勤務情報を主治医へ', 'the worker hands it to the physician', async saw => {
    await releaseTo(scene, joined, { from: town.hr, to: [town.hospital], kinds: ['work-information'], classes: 'all' })
    const pulled = await pullWhenTold(town.hospital, receivers.hospital, trust)
    saw('the hospital was told by a signed webhook and pulled')
    saw(`derived document signed by the gateway, receipt ${leafOf(pulled.receipt)}`)
    saw('its occupation is there', typeof pulled.answers['wi.occupation'] === 'string')
  })
  await step('2a', '意見書の下書き', 'the next form, filled from the case', async saw => {
    const asked = parameters({ name: 'case', valueReference: { reference: `EpisodeOfCare/${joined.hospital.id}` } })
    const answered = await town.hospital.post<Parameters>(
      '/fhir/Questionnaire/opinion-continuation-2026/$populate',
      asked
    )
    const [filled] = expectStatus(answered, 200).body.parameter!
    const answers = toPlain(publishedForm('opinion-continuation', '2026'), filled!.resource as QuestionnaireResponse)
    saw('name and birth date of the worker', answers['oc.patient.name'] === scene.story.worker.name)
  })

  const atAuthor = await step('3', '主治医意見書', 'the physician signs and deposits the opinion', async saw => {
    const reference = await depositFromRecords(scene, 'hospital', opinion, joined.hospital, saw)
    const atEmployer = [
      ...(await search(town.hr, joined.hr.subject, '&type=opinion-continuation')),
      ...(await search(town.ohp, joined.hr.subject))
    ]
    saw('HR and 産業医 find nothing yet', atEmployer.length === 0)
    return reference
  })
  await step('3a', '本人の保管箱', 'the worker reads it whole and confirms it', async saw => {
    const found = await search(town.worker, joined.worker.subject, '&type=opinion-continuation')
    const read = expectStatus(await documentOf(town.worker, found[0]!), 200)
    const { answers } = canariesIn(scene.records, opinion)
    saw(`all ${answers.length} medical texts are there`, foundIn([read.text], answers).length === answers.length)
    const slot = parameters({ name: 'slot', valueString: 'oc.sign.worker' })
    expectStatus(await town.worker.post(`/fhir/DocumentReference/${found[0]!.id}/$confirm`, slot), 200)
    saw('本人署名 attested over its SHA-256')
  })

  await step('4', '本人から会社へ(処理済み)', 'to HR: fitness, measures, considerations, period', saw =>
    toHr(scene, joined, saw)
  )
  await step('4a', '産業医へ', 'to the 産業医: the whole opinion', async saw => {
    await releaseTo(scene, joined, {
      from: town.hospital,
      to: [town.ohp],
      kinds: ['opinion-continuation'],
      classes: 'all'
    })
    const pulled = await pullWhenTold(town.ohp, receivers.ohp, trust)
    const { answers } = canariesIn(scene.records, opinion)
    saw(
      `all ${answers.length} medical texts arrived`,
      foundIn([pulled.bytes.toString()], answers).length === answers.length
    )
    saw('under another id than the original’s', pulled.reference.id !== atAuthor.id)
  })
  await step('4b', '産業医の意見', 'the 産業医 writes an own opinion, HR receives it', saw =>
    ohpOpinion(scene, joined, saw)
  )

  await step('5', '両立支援プラン', 'HR and worker agree on the plan; the hospital receives it', async saw => {
    await draftAndConfirm(scene, joined, 'plan', saw)
    await releaseTo(scene, joined, { from: town.hr, to: [town.hospital], kinds: ['support-plan'], classes: 'all' })
    const pulled = await pullWhenTold(town.hospital, receivers.hospital, trust)
    saw('the hospital has the plan', Array.isArray(pulled.answers['sp.phase']))
  })
  await step('6', '監査', 'auditors pair each disclosure with its consent', saw => audits(scene, joined, saw))
  await step('6a', '全体の確認', 'nothing medical of the physician ever reached HR', async saw => {
    const { hidden } = canariesIn(scene.records, opinion)
    const seen = [...town.hr.received, ...receivers.hr.bodies, ...town.employerAuditor.received]
    saw(`${hidden.length} canaries in ${seen.length} answers and webhooks: none`, foundIn(seen, hidden).length === 0)
  })
}

/** HR writes a draft on its platform; HR and worker confirm; the gateway attests, records and gives a receipt. */
async function draftAndConfirm(
  scene: Scene,
  joined: Joined,
  name: 'work-information' | 'plan',
  saw: Saw
): Promise<void> {
  const { town, records, trust, story } = scene
  const kind = name === 'plan' ? 'support-plan' : name
  const stored = await takeFromRecords(records, `${kind}/${story.slug}.json`)
  const at = `/api/v1/cases/${joined.hr.id}/${name}`
  const written = expectStatus(
    await town.hr.put<{ state: string; issues: OperationOutcome['issue'] }>(at, {
      version: stored.version,
      answers: stored.answers
    }),
    200
  )
  saw('draft written, nothing missing', written.body.state === 'draft' && written.body.issues.length === 0)
  const first = expectStatus(await town.hr.post<{ state: string }>(`${at}/confirm`, {}), 200)
  saw('confirmed by the employer', first.body.state === 'confirmed-by-employer')
  const second = expectStatus(
    await town.worker.post<{ id: string; receipt: string }>(`/api/v1/cases/${joined.worker.id}/${name}/confirm`, {}),
    201
  )
  const receipt = verifyReceipt(second.body.receipt, undefined, trust)
  saw(`confirmed by the worker, attested by the gateway, ${leafOf(receipt)}`)
}

async function toHr(scene: Scene, joined: Joined, saw: Saw): Promise<void> {
  const { town, receivers, trust } = scene
  await releaseTo(scene, joined, {
    from: town.hospital,
    to: [town.hr],
    kinds: ['opinion-continuation'],
    classes: processed
  })
  const pulled = await pullWhenTold(town.hr, receivers.hr, trust)
  saw(`on the view form ${pulled.form}`, pulled.form.startsWith('opinion-continuation-processed|'))
  saw('what may be done at work is there', typeof pulled.answers['oc.measures'] === 'string')
  const { hidden } = canariesIn(scene.records, opinion)
  saw(`none of ${hidden.length} canaries in its bytes`, foundIn([pulled.bytes.toString()], hidden).length === 0)
}

async function ohpOpinion(scene: Scene, joined: Joined, saw: Saw): Promise<void> {
  const { town, receivers, trust, story } = scene
  const at = toInstant(Date.now())
  const unsigned = assembleDocument({
    form: publishedForm('ohp-opinion', '2026'),
    kind: 'ohp-opinion',
    answers: {
      'oh.worker.name': story.worker.name,
      'oh.workClass': 'restricted',
      'oh.measures': '外勤と出張は当面避け、在宅勤務を併用する。',
      'oh.considerations': '通院日の休暇と休憩場所を確保する。',
      'oh.period.start': '2026-12-01',
      'oh.period.end': '2027-02-28'
    },
    author: { name: '産業 医師', kana: 'サンギョウ イシ' },
    organization: story.employer,
    worker: story.worker,
    caseIdentifier: joined.hr.identifier,
    caseSubject: joined.hr.subject,
    identifier: { system: documentIdSystem, value: `ohp-${joined.hr.id}` },
    at
  })
  await deposited(town.ohp, signAs(story, 'hr', unsigned, at), trust, saw)
  const classes: readonly DisclosureClass[] = ['identity', 'work-fitness', 'work-restriction', 'accommodation']
  await releaseTo(scene, joined, { from: town.ohp, to: [town.hr], kinds: ['ohp-opinion'], classes })
  const pulled = await pullWhenTold(town.hr, receivers.hr, trust)
  saw('HR has the 就業区分', pulled.answers['oh.workClass'] === 'restricted')
}
