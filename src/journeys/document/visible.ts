import type { Decision } from '../../consent/decide.ts'
import type { Caller } from '../../document/caller.ts'
import type { CaseSnapshot } from '../../document/case.ts'
import { isConfirmedFor, memberOf } from '../../document/case.ts'
import type { ConsentId, DocumentId, ViewId } from '../../document/ids.ts'
import { decidedBy } from '../delivery/opening-rows.ts'
import { decideFor, releasedMac } from '../delivery/openings.ts'
import type { Parts } from '../parts.ts'
import type { StoredDocument, StoredView } from '../ports.ts'

/** A document as this reader may see it now: the original for its author and the worker, one derived document for a recipient. */
export type Visible =
  | {
      readonly as: 'author' | 'worker'
      readonly document: StoredDocument
      readonly snapshot: CaseSnapshot
      readonly subject: string
    }
  | {
      readonly as: 'recipient'
      readonly view: StoredView
      readonly snapshot: CaseSnapshot
      readonly subject: string
      readonly consents: readonly ConsentId[]
      readonly decision: Extract<Decision, { outcome: 'permit' }>
    }

/** Why a reader does not see what is there: for the log and the worker, never for the answer. */
export interface Hidden {
  readonly as: 'hidden'
  readonly reason: string
  readonly snapshot: CaseSnapshot | undefined
  /** whose document it is */
  readonly author: StoredDocument['organization'] | undefined
}

/**
 * The one place that decides whether a reader sees a document, by the id under which the reader knows it. Search, read,
 * download and receipt all ask here.
 */
export async function visibleTo(parts: Parts, caller: Caller, id: string, at: number): Promise<Visible | Hidden> {
  const document = await parts.documents.document(id as DocumentId)
  if (document) return originalTo(parts, caller, document)
  const view = await parts.documents.view(id as ViewId)
  return view
    ? viewTo(parts, caller, view, at)
    : { as: 'hidden', reason: 'unknown', snapshot: undefined, author: undefined }
}

async function originalTo(parts: Parts, caller: Caller, document: StoredDocument): Promise<Visible | Hidden> {
  const snapshot = (await parts.cases.byId(document.case))!
  const member = memberOf(snapshot, caller.organization)
  const hidden = (reason: string): Hidden => ({ as: 'hidden', reason, snapshot, author: document.organization })
  // what is the worker's nobody is shown in another role, whatever organisation they act for
  if (!member || (member.side === 'worker' && caller.side !== 'worker')) return hidden('wrong-recipient')
  if (member.side === 'worker') {
    // before reception or JPKI has seen the person, the account sees what the employer wrote, and nothing of the physician's
    const isOpen =
      isConfirmedFor(snapshot, caller) || document.kind === 'work-information' || document.kind === 'support-plan'
    return isOpen ? { as: 'worker', document, snapshot, subject: member.subject } : hidden('unconfirmed')
  }
  return document.party === caller.party
    ? { as: 'author', document, snapshot, subject: member.subject }
    : hidden('wrong-recipient')
}

async function viewTo(parts: Parts, caller: Caller, view: StoredView, at: number): Promise<Visible | Hidden> {
  const snapshot = (await parts.cases.byId(view.case))!
  const hidden = (reason: string): Hidden => ({ as: 'hidden', reason, snapshot, author: view.author })
  const member = memberOf(snapshot, caller.organization)
  const partner = parts.partners.byParty(view.party)
  if (!member || !partner || view.party !== caller.party) return hidden('wrong-recipient')
  if (caller.purpose !== view.purpose) return hidden('wrong-purpose')
  const decided = decidedBy(parts, { ...view, organization: view.author })
  const decision = decideFor(snapshot, snapshot.consents, decided, { partner, purpose: view.purpose }, at)
  if (decision.outcome === 'deny') return hidden(decision.reason)
  // a decision that changed has, or will have, a derived document of its own; this one is no longer it
  const isCurrent =
    view.isNewest &&
    view.releasedMac === releasedMac(parts, view.document, { partner, purpose: view.purpose }, decision)
  if (!isCurrent) return hidden('replaced')
  return { as: 'recipient', view, snapshot, subject: member.subject, consents: decision.consents, decision }
}
