import { createHash, createHmac } from 'node:crypto'
import type { Bundle } from '@medplum/fhirtypes'
import { codeSystem } from '../../document/canonical.ts'
import { workerOf } from '../../document/case.ts'
import type { Label } from '../../document/consent.ts'
import { as, type DocumentId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { derive } from '../../record/keyring.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import { partsOfBundle } from '../delivery/parts-of-bundle.ts'
import type { Parts } from '../parts.ts'
import { recordHidden } from './record-hidden.ts'
import { type Visible, visibleTo } from './visible.ts'

export interface Retrieved {
  readonly visible: Visible
  /** exactly as recorded */
  readonly bytes: Uint8Array
}

/**
 * Hands a document to a reader: decides, records the disclosure under the version of the case that was decided on, and only
 * when that is durable gives the bytes (design §2).
 * @throws Refusal `not-found`, the same for everything that this reader does not see
 */
export async function retrieve(parts: Parts, asked: Asked, id: string): Promise<Retrieved> {
  return decideAgain(async () => {
    const visible = await visibleTo(parts, asked.caller, id, asked.at)
    if (visible.as === 'hidden') {
      await recordHidden(parts, asked, visible)
      throw new Refusal('not-found')
    }
    const { snapshot } = visible
    const of = visible.as === 'recipient' ? visible.view : visible.document
    const bytes =
      visible.as === 'recipient'
        ? await parts.documents.viewBytes(visible.view.id)
        : await parts.documents.documentBytes(visible.document.id)
    const author = visible.as === 'recipient' ? visible.view.author : visible.document.organization
    const key = await parts.record.keyring.key(of.id)
    const digest = createHmac('sha256', derive(key, 'digest'))
      .update(createHash('sha256').update(bytes).digest())
      .digest('base64url')
    const organizations = [
      ...new Set([asked.caller.organization, author, ...(workerOf(snapshot) ? [workerOf(snapshot)!.organization] : [])])
    ]
    const compose = composer(parts, asked)
    const consents =
      visible.as === 'recipient'
        ? visible.consents.map(consent => ({ of: 'consent', reference: `Consent/${consent}` }) as const)
        : []
    const entity = { of: 'document', reference: `DocumentReference/${of.id}`, kind: of.kind, digest } as const
    const about = { case: snapshot, document: as<DocumentId>(of.id), organizations }
    const disclosed = compose('document-disclose', {
      ...about,
      entities: [{ ...entity, ...(visible.as === 'recipient' && { labels: shownClasses(parts, bytes) }) }, ...consents]
    })
    const retrieved = visible.as === 'recipient' ? await parts.outbox.ofTarget(visible.view.id) : undefined
    await appendAlways(parts.record, {
      guards: [{ kind: 'case-version', case: snapshot.id, version: snapshot.version, raise: false }],
      rows: {},
      working: retrieved ? { outbox: [{ ...retrieved, state: 'retrieved' }] } : {},
      audit:
        visible.as === 'recipient'
          ? [disclosed, compose('decide', { ...about, entities: [entity, ...consents] })]
          : [disclosed]
    })
    return { visible, bytes }
  })
}

/** The classes that a recipient got, as its document shows them: codes for worker and auditor, no more than was received. */
function shownClasses(parts: Parts, bytes: Uint8Array): readonly Label[] {
  const { response } = partsOfBundle(JSON.parse(Buffer.from(bytes).toString()) as Bundle)
  const form = parts.forms.form(response.questionnaire!)!
  const shown = form.units(response).filter(unit => unit.answers.some(hasValue))
  const classes = new Set(shown.map(unit => unit.class))
  return [...classes].sort().map(code => ({ system: codeSystem('ryoritsu-disclosure-class'), code }))
}

/** A masked answer has an extension in the place of its value: `_valueString`, or a `valueCoding` of nothing else. */
const hasValue = (answer: object): boolean =>
  Object.entries(answer).some(
    ([name, value]) =>
      name.startsWith('value') && !(typeof value === 'object' && value !== null && 'extension' in value)
  )
