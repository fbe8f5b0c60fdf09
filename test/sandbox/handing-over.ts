import type { DisclosureClass } from '../../src/document/disclosure-class.ts'
import type { KindCode } from '../../src/document/kind.ts'
import type { PlainAnswers } from '../../src/forms/plain.ts'
import { canonicalize } from '../../src/standards/jcs.ts'
import type { Party } from '../parties/party.ts'
import { type Pulled, pullWhenTold } from '../parties/pull.ts'
import { release } from '../parties/story.ts'
import { type Joined, leafOf } from './acts.ts'
import { foundIn, hiddenIn } from './canaries.ts'
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

export interface Releasing {
  readonly from: Party
  readonly to: readonly Party[]
  readonly kinds: readonly KindCode[]
  readonly classes: readonly DisclosureClass[] | 'all'
}

/** @returns id of the consent */
export async function releaseTo({ town }: Scene, joined: Pick<Joined, 'worker'>, what: Releasing): Promise<string> {
  const { id } = await release(town.worker, {
    subject: joined.worker.subject,
    discloser: what.from.file.organization,
    recipients: what.to.map(party => party.file.party),
    kinds: what.kinds,
    classes: what.classes
  })
  return id
}

/** A recipient's system is told, pulls with a token of its own, and has checked what came. */
export async function arrives(
  { town, receivers, trust }: Scene,
  at: 'hospital' | 'hr' | 'ohp',
  saw: Saw
): Promise<Pulled> {
  const pulled = await pullWhenTold(town[at], receivers[at], trust)
  saw('told by webhook (digest, RFC 9421 signature, fresh nonce), pulled with an own token')
  saw('derived document signed by the gateway, valid on its form')
  saw(`receipt of the disclosure in the log (${leafOf(pulled.receipt)})`, pulled.receipt.act === 'document-disclose')
  return pulled
}

/** Everything that its author wrote, answer by answer. */
export async function arrivesWhole(
  scene: Scene,
  at: 'hospital' | 'ohp',
  written: PlainAnswers,
  saw: Saw
): Promise<Pulled> {
  const pulled = await arrives(scene, at, saw)
  const count = Object.keys(written).length
  saw(`all ${count} answers, as written`, canonicalize(pulled.answers) === canonicalize(written))
  return pulled
}

/** The processed view at HR: some answers as they were written, and nothing medical in any byte. */
export async function arrivesProcessed(scene: Scene, path: string, written: PlainAnswers, saw: Saw): Promise<Pulled> {
  const pulled = await arrives(scene, 'hr', saw)
  saw(`on the view form ${pulled.form}`, /-processed\|\d+$/u.test(pulled.form))
  const shown = Object.entries(pulled.answers).filter(([, answer]) => canonicalize(answer) !== masked)
  const isAsWritten = shown.every(([id, answer]) => canonicalize(answer) === canonicalize(written[id] ?? null))
  saw(`${shown.length} of ${Object.keys(written).length} answers, as written`, shown.length > 0 && isAsWritten)
  const hidden = hiddenIn(scene.records, path)
  saw(`none of ${hidden.length} canaries in its bytes`, foundIn([pulled.bytes.toString()], hidden).length === 0)
  return pulled
}

const masked = '{"masked":true}'
