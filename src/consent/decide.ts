import type { ConsentFacts, Provision } from '../document/consent.ts'
import type { CaseId, ConsentId, Instant, OrganizationId, PartyId } from '../document/ids.ts'
import type { Kind } from '../document/kind.ts'
import type { PurposeCode, RoleCode } from '../document/role.ts'
import type { Unit, UnitPlace } from '../document/unit.ts'
import { nameOf, namesOf } from './label.ts'
import { includes } from './period.ts'
import { obligations, policyUri } from './policy.ts'

/** A unit as the decision sees it: where it stands and its class. What was answered is none of its business. */
export type UnitLabels = Pick<Unit, 'linkId' | 'at' | 'class'>

/** May this recipient see these units now? */
export interface ReleaseQuestion {
  readonly case: CaseId
  readonly kind: Kind
  /** the organisation that wrote the document */
  readonly discloser: OrganizationId
  readonly recipient: { readonly party: PartyId; readonly organization: OrganizationId; readonly role: RoleCode }
  readonly purpose: PurposeCode
  readonly at: Instant
  /** all units of the form, answered or not; `at: []` stands for all repetitions of a question */
  readonly units: readonly UnitLabels[]
}

/** Why not: for the records of worker and auditor, never for the answer (contract §4). */
export type DenyReason = 'no-release' | 'withdrawn' | 'expired' | 'wrong-purpose' | 'wrong-recipient' | 'class-denied'

export interface Withheld {
  readonly place: UnitPlace
  readonly as: 'marked' | 'silent'
}

export type Decision =
  | {
      readonly outcome: 'permit'
      readonly released: readonly UnitPlace[]
      readonly withheld: readonly Withheld[]
      /** those that permit what is released, sorted */
      readonly consents: readonly ConsentId[]
      readonly policy: string
      readonly obligations: typeof obligations
    }
  | { readonly outcome: 'deny'; readonly reason: DenyReason; readonly consents: readonly ConsentId[] }

interface Spoken {
  readonly consent: ConsentFacts
  readonly provision: Provision
}

/**
 * The one decision about disclosure (standards §4.2): for search, read, notification, push, retry and evidence alike.
 * Pure, total, deny by default. Released is what a running permit to this very recipient names for this purpose, kind
 * and moment, less what any deny names. Denies outlive the withdrawal of their consent until another one replaces it.
 * @param consents those of the case as they stand; any others are passed over
 */
export function decideRelease(question: ReleaseQuestion, consents: readonly ConsentFacts[]): Decision {
  const { kind, recipient, purpose, at } = question
  const own = consents.filter(
    each => each.type === 'release' && each.case === question.case && each.discloser === question.discloser
  )
  const ofKind = spoken(own).filter(({ provision }) => provision.kinds.includes(kind.code))
  const permits = ofKind.filter(({ provision }) => provision.type === 'permit')
  if (permits.length === 0) return deny('no-release', [])

  const isToThem = ({ provision }: Spoken) => provision.actors.includes(recipient.party)
  const toThem = kind.views[recipient.role] ? permits.filter(isToThem) : []
  if (toThem.length === 0) return deny('wrong-recipient', permits)

  const isForThis = ({ provision }: Spoken) => provision.purposes.includes(purpose)
  const forThis = kind.purposes.includes(purpose) ? toThem.filter(isForThis) : []
  if (forThis.length === 0) return deny('wrong-purpose', toThem)

  const running = forThis.filter(each => runs(each, at))
  if (running.length === 0) return deny(whyNotRunning(forThis, at), forThis)

  const replaced = replacedBy(own, at)
  const denies = ofKind.filter(
    each =>
      each.provision.type === 'deny' &&
      isToThem(each) &&
      isForThis(each) &&
      isWithinPeriod(each, at) &&
      !replaced.has(each.consent.id)
  )
  return release(question, running, denies)
}

/** Sorts the units by what is named: the union of the permits less the union of the denies. */
function release(question: ReleaseQuestion, running: readonly Spoken[], denies: readonly Spoken[]): Decision {
  const permitted = byName(running)
  const denied = byName(denies)
  const isSilent = running.some(({ provision }) => provision.withholding === 'silent')
  const released: UnitPlace[] = []
  const withheld: Withheld[] = []
  const used = new Set<Spoken>()
  for (const unit of question.units) {
    const place = { linkId: unit.linkId, at: unit.at }
    const names = namesOf(unit)
    const objections = names.flatMap(name => denied.get(name) ?? [])
    const grounds = names.flatMap(name => permitted.get(name) ?? [])
    if (grounds.length > 0 && objections.length === 0) {
      released.push(place)
      for (const each of grounds) used.add(each)
    } else {
      // Where one of several says silent, silence was promised. What has to stay in every view can only be marked.
      const silent = isSilent || objections.some(({ provision }) => provision.withholding === 'silent')
      withheld.push({ place, as: silent && !question.kind.cannotWithhold.includes(unit.linkId) ? 'silent' : 'marked' })
    }
  }
  if (released.length === 0) return deny('class-denied', running)
  return { outcome: 'permit', released, withheld, consents: idsOf([...used]), policy: policyUri, obligations }
}

function deny(reason: DenyReason, because: readonly Spoken[]): Decision {
  return { outcome: 'deny', reason, consents: idsOf(because) }
}

const spoken = (consents: readonly ConsentFacts[]): readonly Spoken[] =>
  consents.flatMap(consent => consent.provisions.map(provision => ({ consent, provision })))

const idsOf = (all: readonly Spoken[]) => [...new Set(all.map(({ consent }) => consent.id))].sort()

function byName(all: readonly Spoken[]): ReadonlyMap<string, readonly Spoken[]> {
  const map = new Map<string, Spoken[]>()
  for (const each of all) {
    for (const label of each.provision.labels) {
      const name = nameOf(each.provision.type, label)
      if (name === undefined) continue
      const named = map.get(name)
      if (named) named.push(each)
      else map.set(name, [each])
    }
  }
  return map
}

const isWithinPeriod = ({ consent, provision }: Spoken, at: Instant) =>
  includes(consent.period, at) && includes(provision.period, at)

/** Inactive is enough: the clock of another gateway may say that it ended a moment later than ours says it is. */
const isEnded = (consent: ConsentFacts, at: Instant) =>
  consent.status !== 'active' || (consent.endedAt !== undefined && consent.endedAt <= at)

const runs = (each: Spoken, at: Instant) => !isEnded(each.consent, at) && isWithinPeriod(each, at)

/** What became of the permit that ended last; one that has not begun yet is no release. */
function whyNotRunning(all: readonly Spoken[], at: Instant): DenyReason {
  let last = Number.NEGATIVE_INFINITY
  let reason: DenyReason = 'no-release'
  for (const { consent, provision } of all) {
    const expiry = Math.min(consent.period.end, provision.period.end)
    const withdrawal = isEnded(consent, at) ? Math.min(consent.endedAt ?? at, at) : Number.POSITIVE_INFINITY
    const ended = Math.min(expiry, withdrawal)
    if (ended > at || ended < last) continue
    // At the same moment withdrawal is what the worker meant.
    if (withdrawal <= expiry) reason = 'withdrawn'
    else if (ended > last) reason = 'expired'
    last = ended
  }
  return reason
}

/** Consents whose denies gave way to those of the consent that names them, from the day on which that one begins. */
function replacedBy(own: readonly ConsentFacts[], at: Instant): ReadonlySet<ConsentId> {
  const names = own.filter(each => each.period.start <= at && each.replaces !== each.id).map(each => each.replaces)
  return new Set(names.filter(each => each !== undefined))
}
