import { randomUUID } from 'node:crypto'
import type { DocumentReference } from '@medplum/fhirtypes'
import type { FixtureDocument } from '../../fixtures/cases/case.ts'
import type { DisclosureClass } from '../../src/document/disclosure-class.ts'
import type { KindCode } from '../../src/document/kind.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import type { Party } from '../parties/party.ts'
import { readdress } from '../parties/readdress.ts'
import { takeFromRecords } from '../parties/records.ts'
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
  release,
  signAs
} from '../parties/story.ts'
import { type Receipt, verifyReceipt } from '../parties/verify-receipt.ts'
import type { Scene } from './scene.ts'
import type { Saw } from './step.ts'

/** What HR may learn of an opinion: the processed view (domain P-4), with the name it belongs to. */
export const processed: readonly DisclosureClass[] = [
  'identity',
  'contact',
  'work-fitness',
  'work-restriction',
  'accommodation',
  'treatment-schedule'
]

/** A case as each side knows it. */
export interface Joined {
  readonly worker: Known
  readonly hr: Known
  readonly hospital: Known
}

/** The worker hands a code to the other side; its system joins, and the hospital's reception sees the person. */
export async function gather(
  { story, town }: Scene,
  opened: { readonly by: 'hr' | 'hospital'; readonly known: Known },
  saw: Saw
): Promise<Joined> {
  const worker = await accept(town.worker, opened.known.invitation!)
  saw('the worker took the invitation, unconfirmed, custody given')
  const other = opened.by === 'hr' ? 'hospital' : 'employer'
  const code = await invite(town.worker, worker.id, other)
  const party = opened.by === 'hr' ? town.hospital : town.hr
  const joined = knownFrom(expectStatus(await join(party, story, code), 201))
  saw(`the ${other} joined by the worker’s code, birth date and kana agree`)
  await confirm(town.hospital, town.worker, worker.id)
  saw('the reception saw an identity paper, the worker is confirmed')
  const all =
    opened.by === 'hr' ? { worker, hr: opened.known, hospital: joined } : { worker, hr: joined, hospital: opened.known }
  saw('no number links the sides', new Set([worker.subject, all.hr.subject, all.hospital.subject]).size === 3)
  return all
}

export async function openedBy(
  scene: Scene,
  by: 'hr' | 'hospital',
  saw: Saw
): Promise<{ by: 'hr' | 'hospital'; known: Known }> {
  const known = await openCase(scene.town[by], scene.story)
  saw(`case ${known.identifier.slice(-6)} opened, an invitation for the worker`, known.invitation !== undefined)
  return { by, known }
}

/** Takes a document from the author's own records, checks it, addresses it to the live case, signs and deposits it. */
export async function depositFromRecords(
  scene: Scene,
  by: 'hospital' | 'hr',
  path: string,
  known: Known,
  saw: Saw
): Promise<DocumentReference & { id: string }> {
  const { story, town, records, trust } = scene
  const stored = await takeFromRecords(records, path)
  saw(`${path} is what its author signed`)
  const at = toInstant(Date.now())
  const author: FixtureDocument['by'] = by === 'hr' ? 'hr' : 'physician'
  const identifier = by === 'hr' ? randomUUID() : nextNumber(story.hospital.number)
  const bundle = signAs(story, author, readdress(stored.bundle, { known, identifier, at }), at)
  return deposited(town[by], bundle, trust, saw)
}

/** Deposits and checks the receipt offline: signature, inclusion in the log, checkpoint, these very bytes. */
export async function deposited(
  party: Party,
  bundle: object,
  trust: Scene['trust'],
  saw: Saw
): Promise<DocumentReference & { id: string }> {
  const bytes = Buffer.from(JSON.stringify(bundle))
  const answered = expectStatus(await party.post<DocumentReference & { id: string }>('/fhir/Bundle', bytes), 201)
  const receipt = verifyReceipt(receiptOf(answered), bytes, trust)
  saw(`recorded; receipt in the log (${leafOf(receipt)})`)
  return answered.body
}

export const leafOf = ({ leafIndex, treeSize }: Receipt): string => `leaf ${leafIndex} of ${treeSize}`

let running = 0
/** 医療機関コード^year^number, as the hospital's system counts. */
const nextNumber = (institution: string): string =>
  `${institution}^2026^${String(Date.now() % 1_000_000).padStart(6, '0')}${++running}`.slice(0, institution.length + 12)

export async function releaseTo(
  scene: Scene,
  joined: Joined,
  what: {
    readonly from: Party
    readonly to: readonly Party[]
    readonly kinds: readonly KindCode[]
    readonly classes: readonly DisclosureClass[] | 'all'
    readonly withholding?: 'marked' | 'silent'
  }
): Promise<string> {
  const consent = await release(scene.town.worker, {
    subject: joined.worker.subject,
    discloser: what.from.file.organization,
    recipients: what.to.map(party => party.file.party),
    kinds: what.kinds,
    classes: what.classes,
    ...(what.withholding && { withholding: what.withholding })
  })
  return consent.id
}
