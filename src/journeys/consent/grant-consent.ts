import type { Consent } from '@medplum/fhirtypes'
import { requireStepUp } from '../../authenticate/session.ts'
import { type CareTeamMember, readConsent } from '../../consent/read.ts'
import type { Caller } from '../../document/caller.ts'
import { caseSubjectSystem, extensionUrl } from '../../document/canonical.ts'
import { type CaseSnapshot, isConfirmedFor, type Member, memberOf, workerOf } from '../../document/case.ts'
import { type CaseEvent, nextCaseState } from '../../document/case-state.ts'
import type { ConsentFacts } from '../../document/consent.ts'
import { as, type CaseId, type ConsentId, type PartyId } from '../../document/ids.ts'
import type { KindCode } from '../../document/kind.ts'
import { kinds } from '../../document/kinds.ts'
import { roleOfClient } from '../../document/role.ts'
import { isQuestion } from '../../forms/form.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { requireUndoubted } from '../case/case-of.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import { buildViewsOf } from '../delivery/build-views.ts'
import { openingRows } from '../delivery/opening-rows.ts'
import { partnersOf } from '../delivery/openings.ts'
import { turningRows } from '../delivery/turning-points.ts'
import { operatorParty, type Parts } from '../parts.ts'
import { consentRow } from './consent-row.ts'
import { endConsent } from './end-consent.ts'
import { asReadBy } from './read-consents.ts'

export interface Granted {
  readonly id: ConsentId
  readonly case: CaseId
  readonly resource: Consent
  readonly version: number
}

/**
 * The worker gives a consent, or the side that discloses records one that the worker gave on paper, of which the worker is told. A
 * release makes the derived documents that it opens, before the answer goes out; a consent that replaces another ends it in the same
 * commit.
 * @throws Refusal `step-up-needed`, `role-not-allowed` (not the worker's, and not said to be on paper), `case-unknown`, `case-state` (the
 *   account is not confirmed yet), `handling-rules-missing`, and those of `readConsent`
 */
export async function grantConsent(parts: Parts, asked: Asked, value: unknown): Promise<Granted> {
  // before any case is looked for in it
  if ((value as Consent | null)?.resourceType !== 'Consent') throw new Refusal('resource-type', { at: ['Consent'] })
  if (mayRelease(value)) requireStepUp(asked.caller, asked.at)
  if (asked.caller.side !== 'worker' && !isOnPaper(value)) throw new Refusal('role-not-allowed')
  const granted = await decideAgain(async () => {
    const { caller, at } = asked
    const snapshot = await caseNamed(parts, asked, value)
    const id = as<ConsentId>(parts.newId())
    const { type, facts, recordedBy } = readConsent(value, contextOf(parts, snapshot, id, asked))
    if (recordedBy !== undefined && recordedBy !== caller.party)
      throw new Refusal('profile-invalid', { at: ['Consent.extension'] })
    const worker = workerOf(snapshot)
    requireUndoubted(snapshot, caller)
    // who recorded the paper has seen the person; who gives it on a screen must have been seen by a reception
    const isSeen = worker !== undefined && (recordedBy !== undefined || isConfirmedFor(snapshot, caller))
    if (!worker || (type === 'release' && !isSeen)) throw new Refusal('case-state', { at: ['Consent.patient'] })
    if (type === 'release') checkHandlingRules(parts, facts)
    if (recordedBy !== undefined && !isByAuthor(caller, facts))
      throw new Refusal('profile-invalid', { at: ['Consent.provision.provision.class'] })
    if (recordedBy !== undefined) requireRoom(snapshot, caller)
    if (recordedBy !== undefined && facts.replaces !== undefined) await checkReplaced(parts, facts.replaces, recordedBy)
    const resource = asKept(value as Consent, id, worker)
    const key = await parts.record.keyring.key(snapshot.id)
    const ended = isOver(snapshot, facts) ? undefined : await endReplaced(parts, snapshot, facts, key, at)
    const consents = [...snapshot.consents.map(other => (other.id === ended?.facts.id ? ended.facts : other)), facts]
    const openings = await openingRows(parts, snapshot, consents, at)
    const state = stateAfter(parts, snapshot, facts)
    const { version } = snapshot
    const about = { case: snapshot, organizations: partiesTo(parts, facts, worker.organization) }
    const compose = composer(parts, asked)
    await appendAlways(parts.record, {
      guards: [{ kind: 'case-version', case: snapshot.id, version, raise: true }],
      rows: {
        consent: [
          consentRow(parts.record.keyring, key, { resource, facts, version: 1, at }),
          ...(ended ? [ended.row] : [])
        ],
        ...(state !== snapshot.state && {
          caseEvent: [{ case: snapshot.id, version: version + 1, state, cause: 'release', at }]
        })
      },
      working: {
        outbox: [...openings, ...turningRows(facts, at)],
        ...(recordedBy !== undefined && { notice: [paperNotice(parts, snapshot, worker, id, at)] })
      },
      audit: [
        compose('consent-create', { ...about, entities: [{ of: 'consent', reference: `Consent/${id}` }] }),
        ...(ended
          ? [
              compose('consent-withdraw', {
                ...about,
                reason: 'replaced',
                entities: [{ of: 'consent', reference: `Consent/${facts.replaces}` }]
              })
            ]
          : [])
      ]
    })
    return { id, case: snapshot.id, resource: asReadBy(asked, snapshot, resource), version: 1 }
  })
  await buildViewsOf(parts, granted.case)
  parts.wake()
  return granted
}

/** One that was withdrawn has ended; what it still denies gives way to the first consent that names it. */
const isOver = ({ consents }: CaseSnapshot, { replaces }: ConsentFacts): boolean =>
  consents.some(({ id, status }) => id === replaces && status !== 'active') &&
  consents.every(other => other.replaces !== replaces)

const endReplaced = async (
  parts: Parts,
  snapshot: CaseSnapshot,
  { replaces }: ConsentFacts,
  key: Uint8Array,
  at: number
) => (replaces === undefined ? undefined : endConsent(parts, snapshot, replaces, key, at))

interface Claimed {
  readonly extension?: unknown
  readonly provision?: { readonly provision?: unknown }
}

/** Said of the bytes alone, before anything is looked up: whatever could permit anything, or end what denied it. */
function mayRelease(value: unknown): boolean {
  const nested = (value as Claimed).provision?.provision
  const isReplacing = extensionsIn(value).some(each => each?.url === replacesUrl)
  return isReplacing || !Array.isArray(nested) || nested.some(each => each?.type !== 'deny')
}

const recordedByUrl = extensionUrl('recorded-by')
const replacesUrl = extensionUrl('replaces')
const extensionsIn = (value: unknown): readonly { url?: unknown; valueReference?: { reference?: unknown } }[] => {
  const { extension } = value as Claimed
  return Array.isArray(extension) ? extension : []
}
const isOnPaper = (value: unknown): boolean => extensionsIn(value).some(each => each?.url === recordedByUrl)

const mostBeforePaper = 100

/** All consents of a case are looked at in each decision, those that have ended too: paper is not heaped up without end. */
function requireRoom({ consents }: CaseSnapshot, { organization }: Caller): void {
  if (consents.filter(({ discloser }) => discloser === organization).length >= mostBeforePaper)
    throw new Refusal('case-state', { at: ['Consent.organization'] })
}

/** Each role discloses on paper what it writes: HR nothing of what 産業医 of the same organisation wrote. */
const isByAuthor = ({ clientRole }: Caller, { provisions }: ConsentFacts): boolean =>
  provisions.every(provision => provision.kinds.every(kind => kinds[kind].depositedBy.includes(clientRole)))

/** Paper takes the place of paper that the same side recorded, never of what the worker chose on a screen. */
async function checkReplaced(parts: Parts, replaced: ConsentId, party: PartyId): Promise<void> {
  const former = await parts.consents.consent(replaced)
  const by = extensionsIn(former?.resource ?? {}).find(({ url }) => url === recordedByUrl)?.valueReference?.reference
  if (by !== `PractitionerRole/${party}`) throw new Refusal('profile-invalid', { at: ['Consent.extension'] })
}

/** Whoever recorded it, it is kept with the number by which the worker knows themself. */
function asKept(value: Consent, id: ConsentId, { subject }: Member): Consent {
  const worker = { identifier: { system: caseSubjectSystem, value: subject } }
  return { ...value, id, patient: worker, performer: [worker] }
}

const paperNotice = (parts: Parts, snapshot: CaseSnapshot, worker: Member, id: ConsentId, at: number) => ({
  id: parts.newId(),
  organization: worker.organization,
  kind: 'paper-consent',
  case: snapshot.id,
  reference: `Consent/${id}`,
  at
})

/** The case whose worker the consent names; the worker knows it by a number of its own. */
async function caseNamed(parts: Parts, asked: Asked, value: unknown): Promise<CaseSnapshot> {
  const { identifier } = ((value as Consent | undefined)?.patient ?? {}) as {
    identifier?: { system?: unknown; value?: unknown }
  }
  const isSubject = identifier?.system === caseSubjectSystem && typeof identifier.value === 'string'
  const id: CaseId | undefined = isSubject
    ? await parts.cases.bySubject(asked.caller.organization, identifier.value as string)
    : undefined
  const snapshot = id && (await parts.cases.byId(id))
  if (!snapshot) throw new Refusal('case-unknown', { at: ['Consent.patient.identifier'] })
  return snapshot
}

function contextOf(parts: Parts, snapshot: CaseSnapshot, id: ConsentId, { at, caller }: Asked) {
  const members = new Map<PartyId, CareTeamMember>()
  for (const partner of partnersOf(parts, snapshot)) {
    members.set(partner.party, { organization: partner.organization, role: roleOfClient[partner.role] })
  }
  return {
    id,
    now: at,
    case: snapshot.id,
    subjectValues: [memberOf(snapshot, caller.organization)!.subject],
    members,
    operatorParty,
    questions: questionsByKind(parts),
    consents: new Set(snapshot.consents.map(consent => consent.id))
  }
}

function questionsByKind(parts: Parts): ReadonlyMap<KindCode, ReadonlySet<string>> {
  return new Map(
    Object.values(kinds).map(kind => {
      const forms = kind.versions.map(version => parts.forms.byKind(kind.code, version)!)
      return [kind.code, new Set(forms.flatMap(form => form.items.filter(isQuestion).map(item => item.linkId)))]
    })
  )
}

/** No health information goes to an employer whose handling rules are not recorded (domain P-14). */
function checkHandlingRules(parts: Parts, facts: ConsentFacts): void {
  for (const provision of facts.provisions) {
    if (provision.type !== 'permit' || provision.kinds.every(kind => kind === 'work-information')) continue
    for (const party of provision.actors) {
      const partner = parts.partners.byParty(party)
      const isEmployer = partner !== undefined && ['employer-hr', 'employer-ohp', 'supervisor'].includes(partner.role)
      const hasRules =
        isEmployer &&
        parts.partners.ofOrganization(partner.organization).some(other => other.handlingRules !== undefined)
      if (isEmployer && !hasRules)
        throw new Refusal('handling-rules-missing', { at: ['Consent.provision.provision.actor'] })
    }
  }
}

function stateAfter(parts: Parts, snapshot: CaseSnapshot, facts: ConsentFacts) {
  let state = snapshot.state
  for (const provision of facts.provisions) {
    if (provision.type !== 'permit' || facts.type !== 'release') continue
    for (const of of provision.kinds) {
      for (const party of provision.actors) {
        const to = sideOf(parts, party)
        if (to) state = nextCaseState(state, { kind: 'released', of, to }) ?? state
      }
    }
  }
  return state
}

function sideOf(parts: Parts, party: PartyId): Extract<CaseEvent, { kind: 'released' }>['to'] | undefined {
  const role = parts.partners.byParty(party)?.role
  if (role === 'employer-ohp') return 'occupational-health'
  if (role === 'employer-hr' || role === 'supervisor') return 'employer'
  return role === 'hospital' || role === 'coordinator' ? role : undefined
}

/** The worker, the discloser and the recipients: whose auditors may know that this consent exists. */
export function partiesTo(parts: Parts, facts: ConsentFacts, worker: PartyOrganization): PartyOrganization[] {
  const recipients = facts.provisions.flatMap(provision =>
    provision.actors.map(party => parts.partners.byParty(party)?.organization)
  )
  const all = [worker, facts.discloser, ...recipients].filter(organization => organization !== undefined)
  return [...new Set(all)]
}
type PartyOrganization = NonNullable<ConsentFacts['discloser']>
