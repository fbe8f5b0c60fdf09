import type { Consent } from '@medplum/fhirtypes'
import { type CareTeamMember, readConsent } from '../../consent/read.ts'
import { caseSubjectSystem } from '../../document/canonical.ts'
import { type CaseSnapshot, memberOf } from '../../document/case.ts'
import { type CaseEvent, nextCaseState } from '../../document/case-state.ts'
import type { ConsentFacts } from '../../document/consent.ts'
import { as, type CaseId, type ConsentId, type PartyId } from '../../document/ids.ts'
import type { KindCode } from '../../document/kind.ts'
import { kinds } from '../../document/kinds.ts'
import { roleOfClient } from '../../document/role.ts'
import { isQuestion } from '../../forms/form.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
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

export interface Granted {
  readonly id: ConsentId
  readonly case: CaseId
  readonly resource: Consent
  readonly version: number
}

/**
 * The worker gives a consent. A release makes the derived documents that it opens, before the answer goes out; a consent that
 * replaces another ends it in the same commit.
 * @throws Refusal `case-unknown`, `case-state` (the account is not confirmed yet), `handling-rules-missing`, and those of `readConsent`
 */
export async function grantConsent(parts: Parts, asked: Asked, value: unknown): Promise<Granted> {
  // before any case is looked for in it
  if ((value as Consent | null)?.resourceType !== 'Consent') throw new Refusal('resource-type', { at: ['Consent'] })
  const granted = await decideAgain(async () => {
    const { caller, at } = asked
    const snapshot = await caseNamed(parts, asked, value)
    const id = as<ConsentId>(parts.newId())
    const { type, facts, recordedBy } = readConsent(value, contextOf(parts, snapshot, id, asked))
    if (recordedBy !== undefined && recordedBy !== caller.party)
      throw new Refusal('profile-invalid', { at: ['Consent.extension'] })
    if (type === 'release' && !snapshot.isWorkerConfirmed) throw new Refusal('case-state', { at: ['Consent.patient'] })
    if (type === 'release') checkHandlingRules(parts, facts)
    const resource = { ...(value as Consent), id }
    const key = await parts.record.keyring.key(snapshot.id)
    const ended = facts.replaces === undefined ? undefined : await endConsent(parts, snapshot, facts.replaces, key, at)
    const consents = [...snapshot.consents.map(other => (other.id === facts.replaces ? ended!.facts : other)), facts]
    const openings = await openingRows(parts, snapshot, consents, at)
    const state = stateAfter(parts, snapshot, facts)
    const { version } = snapshot
    const about = { case: snapshot, organizations: partiesTo(parts, facts, caller.organization) }
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
      working: { outbox: [...openings, ...turningRows(facts, at)] },
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
    return { id, case: snapshot.id, resource, version: 1 }
  })
  await buildViewsOf(parts, granted.case)
  parts.wake()
  return granted
}

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
