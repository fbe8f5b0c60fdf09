import { type Decision, decideRelease } from '../../consent/decide.ts'
import type { CaseSnapshot } from '../../document/case.ts'
import type { ConsentFacts } from '../../document/consent.ts'
import type { DocumentId, OrganizationId } from '../../document/ids.ts'
import type { Kind, ViewName } from '../../document/kind.ts'
import type { Partner } from '../../document/partner.ts'
import { type PurposeCode, roleOfClient } from '../../document/role.ts'
import { type Form, isQuestion } from '../../forms/form.ts'
import type { Parts } from '../parts.ts'

/** Someone to whom a document is open now: which parts, for which purpose, by which consents. */
export interface Opening {
  readonly partner: Partner
  readonly purpose: PurposeCode
  readonly view: ViewName
  readonly decision: Extract<Decision, { outcome: 'permit' }>
}

/** What is decided about: a document, or one about to be recorded. */
export interface Decided {
  readonly kind: Kind
  readonly form: Form
  readonly author: OrganizationId
}

/** The partners that take part in a case and still may call. */
export function partnersOf(parts: Pick<Parts, 'partners'>, snapshot: CaseSnapshot): readonly Partner[] {
  return snapshot.members
    .flatMap(member => parts.partners.ofOrganization(member.organization))
    .filter(partner => !partner.disabled)
}

/** One decision, for one recipient and purpose. Made anew for each read, search, notification and retry. */
export function decideFor(
  snapshot: CaseSnapshot,
  consents: readonly ConsentFacts[],
  decided: Decided,
  recipient: { readonly partner: Partner; readonly purpose: PurposeCode },
  at: number
): Decision {
  const { partner, purpose } = recipient
  // who withdraws from the case has taken back everything that was released in it
  if (snapshot.state === 'withdrawn') return { outcome: 'deny', reason: 'withdrawn', consents: [] }
  return decideRelease(
    {
      case: snapshot.id,
      kind: decided.kind,
      discloser: decided.author,
      recipient: { party: partner.party, organization: partner.organization, role: roleOfClient[partner.role] },
      purpose,
      at,
      units: questionsOf(decided.form)
    },
    consents
  )
}

/** Everyone to whom a document is open by these consents, the author's own organisation's authors and the worker apart. */
export function openingsOf(
  parts: Pick<Parts, 'partners'>,
  snapshot: CaseSnapshot,
  consents: readonly ConsentFacts[],
  decided: Decided,
  at: number
): readonly Opening[] {
  const seen = new Set<string>()
  const openings: Opening[] = []
  for (const partner of partnersOf(parts, snapshot)) {
    const view = decided.kind.views[roleOfClient[partner.role]]
    if (view === undefined || partner.role === 'worker') continue
    for (const purpose of partner.purposes) {
      // several clients of one role of one organisation are one recipient
      const name = `${partner.party}/${purpose}`
      if (seen.has(name)) continue
      seen.add(name)
      const decision = decideFor(snapshot, consents, decided, { partner, purpose }, at)
      if (decision.outcome === 'permit') openings.push({ partner, purpose, view, decision })
    }
  }
  return openings
}

/** Names a released set, so that one derived document stands for one decision; tells nothing by itself. */
export function releasedMac(
  parts: Pick<Parts, 'record'>,
  document: DocumentId,
  recipient: { readonly partner: Partner; readonly purpose: PurposeCode },
  decision: Extract<Decision, { outcome: 'permit' }>
): string {
  const released = decision.released.map(place => place.linkId)
  const withheld = decision.withheld.map(({ place, as }) => `${as} ${place.linkId}`)
  return parts.record.keyring.mac(
    'released',
    document,
    recipient.partner.party,
    recipient.purpose,
    ...released,
    '|',
    ...withheld
  )
}

/** Every question of a form, once; consents speak of questions, not of repetitions, so one stands for all of them. */
const questions = new WeakMap<
  Form,
  readonly { linkId: string; at: readonly number[]; class: NonNullable<Form['root']['class']> }[]
>()
export function questionsOf(form: Form) {
  const known = questions.get(form)
  if (known) return known
  const list = form.items
    .filter(item => isQuestion(item) && item.class !== undefined)
    .map(item => ({ linkId: item.linkId, at: [], class: item.class! }))
  questions.set(form, list)
  return list
}
