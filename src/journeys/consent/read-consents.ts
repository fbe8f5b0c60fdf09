import type { Consent } from '@medplum/fhirtypes'
import { caseSubjectSystem } from '../../document/canonical.ts'
import { type CaseSnapshot, isDoubted, memberOf } from '../../document/case.ts'
import type { ConsentFacts } from '../../document/consent.ts'
import type { ConsentId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'

interface Found {
  readonly resource: Consent
  readonly version: number
}

/** One consent, for its worker and for auditors of the organisations that it names. @throws Refusal `not-found` */
export async function readConsent(parts: Parts, asked: Asked, id: ConsentId): Promise<Found> {
  const found = await parts.consents.consent(id)
  const snapshot = found && (await parts.cases.byId(found.facts.case))
  if (!found || !snapshot || !mayRead(parts, asked, snapshot, found.facts)) throw new Refusal('not-found')
  await recordReading(parts, asked, snapshot, `Consent/${id}`)
  return { resource: asReadBy(asked, snapshot, found.resource), version: found.version }
}

/** All consents of one worker, as far as the caller may read them. Nobody's number finds nothing. */
export async function searchConsents(
  parts: Parts,
  asked: Asked,
  subject: string,
  status: string | undefined,
  raw: string
): Promise<readonly Found[]> {
  const id = await parts.cases.bySubject(asked.caller.organization, subject)
  const snapshot = id && (await parts.cases.byId(id))
  await recordReading(parts, asked, snapshot, raw)
  if (!snapshot) return []
  const all = await parts.consents.consentsOf(snapshot.id)
  return all
    .filter(({ facts }) => mayRead(parts, asked, snapshot, facts) && (status === undefined || facts.status === status))
    .map(({ resource, version }) => ({ resource: asReadBy(asked, snapshot, resource), version }))
}

function mayRead(parts: Parts, { caller }: Asked, snapshot: CaseSnapshot, facts: ConsentFacts): boolean {
  const member = memberOf(snapshot, caller.organization)
  if (!member) return false
  if (caller.side === 'worker') return !isDoubted(snapshot, caller)
  return caller.role === 'auditor' && names(parts, facts, caller.organization)
}

/** Whether the consent names the organisation: as the one that discloses, or by one of its roles as recipient. */
function names(parts: Parts, facts: ConsentFacts, organization: NonNullable<ConsentFacts['discloser']>): boolean {
  const recipients = facts.provisions.flatMap(provision =>
    provision.actors.map(party => parts.partners.byParty(party)?.organization)
  )
  return facts.discloser === organization || recipients.includes(organization)
}

/** Each organisation knows the worker by a number of its own: the worker's own number stays the worker's. */
export function asReadBy({ caller }: Asked, snapshot: CaseSnapshot, resource: Consent): Consent {
  if (caller.side === 'worker') return resource
  const worker = { identifier: { system: caseSubjectSystem, value: memberOf(snapshot, caller.organization)!.subject } }
  return { ...resource, patient: worker, performer: [worker] }
}

async function recordReading(
  parts: Parts,
  asked: Asked,
  snapshot: CaseSnapshot | undefined,
  raw: string
): Promise<void> {
  if (asked.caller.side === 'worker') return
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, asked)('audit-read', {
        case: snapshot,
        organizations: [
          asked.caller.organization,
          ...(snapshot?.members.filter(member => member.side === 'worker').map(member => member.organization) ?? [])
        ],
        entities: [{ of: 'query', raw }]
      })
    ]
  })
}
