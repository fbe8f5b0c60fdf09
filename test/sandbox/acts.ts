import { randomUUID } from 'node:crypto'
import type { Bundle, Consent, DocumentReference, EpisodeOfCare } from '@medplum/fhirtypes'
import type { FixtureDocument } from '../../fixtures/cases/case.ts'
import { signWithChain } from '../../fixtures/signers.ts'
import { caseSubjectSystem, extensionUrl } from '../../src/document/canonical.ts'
import { medicalRegistrationSystem } from '../../src/document/identifier.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import type { GatewayTrust } from '../parties/gateway-trust.ts'
import type { Answered, Party } from '../parties/party.ts'
import { readdress } from '../parties/readdress.ts'
import { type Stored, takeFromRecords } from '../parties/records.ts'
import {
  accept,
  confirm,
  expectStatus,
  invite,
  join,
  type Known,
  knownFrom,
  openCase,
  receiptOf,
  refusalOf,
  releaseConsent,
  signAs
} from '../parties/story.ts'
import { type Receipt, verifyReceipt } from '../parties/verify-receipt.ts'
import type { Scene } from './scene.ts'
import type { Saw } from './step.ts'

/** A case as each side knows it. */
export interface Joined {
  readonly worker: Known
  readonly hr: Known
  readonly hospital: Known
}

/** A case that HR opened: the worker comes, the hospital joins by the worker's code, its reception sees the person. */
export async function gather(scene: Scene, hr: Known, saw: Saw): Promise<Joined> {
  const worker = await takeInvitation(scene, 'hr', hr, saw)
  const hospital = await letIn(scene, 'hospital', worker, saw)
  await seePerson(scene, worker, saw)
  saw('no number links the sides', new Set([worker.subject, hr.subject, hospital.subject]).size === 3)
  return { worker, hr, hospital }
}

/** The account of whoever takes the invitation keeps documents, and releases nothing. */
export async function takeInvitation(
  { town }: Scene,
  by: 'hr' | 'hospital',
  opened: Known,
  saw: Saw,
  account: Party = town.worker
): Promise<Known> {
  const worker = await accept(account, opened.invitation!)
  const { body } = expectStatus(await account.get<Bundle>(`/fhir/Consent?${about(worker.subject)}&status=active`), 200)
  const purposes = (body.entry ?? []).flatMap(({ resource }) =>
    ((resource as Consent).provision?.provision ?? []).flatMap(({ purpose }) => purpose ?? [])
  )
  saw('the invitation is taken, custody given', purposes.length === 1 && purposes[0]?.code === 'custody')
  const { file } = town[by]
  const early = releaseConsent({
    subject: worker.subject,
    discloser: file.organization,
    recipients: [file.party],
    kinds: ['opinion-continuation', 'opinion-return', 'support-card'],
    classes: 'all'
  })
  const isHeld = isRefused(await account.post('/fhir/Consent', early), 409, 'case-state')
  saw('the account is unconfirmed: a release is refused (409 case-state)', isHeld)
  return worker
}

/** The worker hands a code to the other side; its system joins and must know the same person. */
export async function letIn(
  { story, town }: Scene,
  side: 'hospital' | 'employer',
  worker: Known,
  saw: Saw
): Promise<Known> {
  const party = side === 'hospital' ? town.hospital : town.hr
  const code = await invite(town.worker, worker.id, side)
  const mistaken = await join(party, story, code, { birthDate: '1900-01-01' })
  saw('another birth date stops (422 case-person-mismatch)', isRefused(mistaken, 422, 'case-person-mismatch'))
  const joined = knownFrom(expectStatus(await join(party, story, code), 201))
  saw(`the ${side} joined by the worker’s code, birth date and kana agree`)
  saw('the code opens once (422 code-invalid)', isRefused(await join(party, story, code), 422, 'code-invalid'))
  return joined
}

/** The reception looks at an identity paper, the worker types its six digits. */
export async function seePerson({ town }: Scene, worker: Known, saw: Saw): Promise<void> {
  await confirm(town.hospital, town.worker, worker.id)
  saw('the reception saw an identity paper, the worker typed its code')
}

export async function openedBy({ town, story }: Scene, by: 'hr' | 'hospital', saw: Saw): Promise<Known> {
  const known = await openCase(town[by], story)
  saw(`case ${known.identifier.slice(-6)} opened, an invitation for the worker`, known.invitation !== undefined)
  saw('state open', (await stateOf(town[by], known)) === 'open')
  return known
}

/** A query for what there is about a worker, whom a party knows by this number. */
export const about = (subject: string): string =>
  `patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${subject}`)}`

/** A document that its author sent, as the author keeps it. */
export interface Deposited {
  /** of the original */
  readonly id: string
  readonly bytes: Buffer
  readonly bundle: Bundle
  readonly receipt: Receipt
}

/** Takes a document from the author's own records, checks it, addresses it to the live case, signs and deposits it. */
export async function depositFromRecords(
  scene: Scene,
  by: 'hospital' | 'hr',
  path: string,
  known: Known,
  saw: Saw,
  /** `x5c` of the physician's card; the usual one of the fixtures, or the key of the house, where none is given */
  card?: readonly string[]
): Promise<Deposited & { readonly stored: Stored }> {
  const { story, town, records, trust } = scene
  const stored = await takeFromRecords(records, path)
  saw(`${path} is what its author signed`)
  const at = toInstant(Date.now())
  const author: FixtureDocument['by'] = by === 'hr' ? 'hr' : 'physician'
  const identifier = by === 'hr' ? randomUUID() : nextNumber(story.hospital.number)
  const unsigned = readdress(stored.bundle, { known, identifier, at })
  const { registration } = story.physician
  const who = { system: medicalRegistrationSystem, value: registration }
  const bundle = card
    ? signWithChain(unsigned, { who, when: at }, `physician-${registration}`, card)
    : signAs(story, author, unsigned, at)
  return { ...(await deposited(town[by], bundle, trust, saw)), stored }
}

/** Deposits and checks the receipt offline: signature, inclusion in the log, checkpoint, these very bytes. */
export async function deposited(party: Party, bundle: Bundle, trust: GatewayTrust, saw: Saw): Promise<Deposited> {
  const bytes = Buffer.from(JSON.stringify(bundle))
  const answered = expectStatus(await party.post<DocumentReference>('/fhir/Bundle', bytes), 201)
  saw(`${signedBy(bundle)} verified`)
  const receipt = verifyReceipt(receiptOf(answered), bytes, trust)
  saw(`receipt in the log (${leafOf(receipt)})`, receipt.act === 'document-deposit')
  return { id: answered.body.id!, bytes, bundle, receipt }
}

/** How the author's signature names its key. */
function signedBy({ signature }: Bundle): string {
  const [header = ''] = Buffer.from(signature?.data ?? '', 'base64')
    .toString()
    .split('.')
  const { x5c } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { x5c?: readonly string[] }
  return x5c ? `signature by HPKI-shaped card (${x5c.length} certificates)` : 'signature by registered key'
}

export const leafOf = ({ leafIndex, treeSize }: Receipt): string => `leaf ${leafIndex} of ${treeSize}`

const run = Date.now().toString(36)
let running = 0
/** 医療機関コード^year^number, as the hospital's system counts; no run gives a number of another one. */
const nextNumber = (institution: string): string => `${institution}^2026^${run}-${++running}`

/** The case as this party sees its state: fine for the worker, coarse for all others. */
export async function stateOf(party: Party, { id }: Known): Promise<string> {
  const { body } = expectStatus(await party.get<EpisodeOfCare>(`/fhir/EpisodeOfCare/${id}`), 200)
  return body.extension!.find(({ url }) => url === extensionUrl('case-state'))!.valueCode!
}

export function isRefused(answered: Answered, status: number, key: string): boolean {
  return answered.status === status && refusalOf(answered) === key
}
