import type { AuditEvent, AuditEventEntity } from '@medplum/fhirtypes'
import type { Act, AuditRecord } from '../document/audit-record.ts'
import { caseSystem, codeSystem } from '../document/canonical.ts'
import type { AuditId, CaseId, DocumentId, Instant, OrganizationId, RequestId } from '../document/ids.ts'
import { toInstant } from '../standards/fhir-time.ts'
import { type ActRow, actTable } from './acts.ts'
import { agentsOf, gatewayReference, type Participants, purposeConcepts } from './agent.ts'
import { balp, basicEntity, entityType, objectRole, sourceType } from './codes.ts'
import { detail, documentDetails, type Entity, toEntity, word } from './entity.ts'

/** What a journey knows about an act. Neither names nor answers belong here; reasons are codes. */
export interface Facts extends Participants {
  readonly id: AuditId
  readonly at: Instant
  /** X-Request-Id of the call, or of the clock's turn */
  readonly request: RequestId
  /** 0 success, 4 refused, 8 serious failure */
  readonly outcome: AuditRecord['outcome']
  /** key of a refusal or reason of a decision */
  readonly reason?: string | undefined
  /** what a refused call asked for */
  readonly attempted?: Act | undefined
  /** `identifier`: value in `{c}/IdSystem/case`, the only number of the worker that no side has for itself */
  readonly case?: { readonly id: CaseId; readonly identifier: string } | undefined
  /** whose key the record is sealed and hashed under */
  readonly document?: DocumentId | undefined
  /** the organisations that were party to it: their auditors may read the record */
  readonly organizations: readonly OrganizationId[]
  readonly entities: readonly Entity[]
}

/**
 * Puts an act into the form in which the log keeps it. Pure: the same facts give the same record. Writing it is part of
 * the write set that the act itself is in.
 * @throws TypeError if a code, key or reference is none (`word`)
 * @see IHE BALP 1.1.4, FHIR R4 AuditEvent
 */
export function compose(act: Act, facts: Facts): AuditRecord {
  return {
    id: facts.id,
    at: facts.at,
    act,
    outcome: facts.outcome,
    document: facts.document,
    case: facts.case?.id,
    organizations: facts.organizations,
    event: eventOf(act, facts)
  }
}

function eventOf(act: Act, facts: Facts): AuditEvent {
  const row: ActRow = actTable[act]
  const { purpose } = facts.recipient ?? facts.caller ?? {}
  const entity = row.profile === 'AuthZconsent' && facts.case ? decisionEntities(facts) : entitiesOf(row, facts)
  const event: AuditEvent = {
    resourceType: 'AuditEvent',
    id: facts.id,
    type: row.type,
    subtype: [...row.subtypes, { system: codeSystem('act'), code: act }],
    action: row.action,
    recorded: toInstant(facts.at),
    outcome: facts.outcome,
    ...(facts.reason !== undefined && { outcomeDesc: word(facts.reason) }),
    ...(purpose && { purposeOfEvent: purposeConcepts(purpose) }),
    agent: agentsOf(row, facts),
    source: { observer: gatewayReference(facts.gateway), type: [sourceType('4')] },
    entity
  }
  const profile = profileOf(row, facts, event)
  return profile === undefined
    ? event
    : { ...event, meta: { profile: [`${balp}/StructureDefinition/IHE.BasicAudit.${profile}`] } }
}

function entitiesOf(row: ActRow, facts: Facts): AuditEventEntity[] {
  const subject = subjectOf(row, facts)
  const transaction = {
    what: { identifier: { value: word(facts.request) } },
    type: basicEntity('XrequestId'),
    ...(facts.attempted && { detail: [detail('attempted', facts.attempted)] })
  }
  const others = facts.entities.map(entity => toEntity(entity, entity === subject))
  return [...(facts.case ? [patientOf(facts.case)] : []), ...others, transaction]
}

function subjectOf(row: ActRow, { entities }: Facts): Entity | undefined {
  for (const kind of row.subjects) {
    const subject = entities.find(entity => entity.of === kind)
    if (subject !== undefined) return subject
  }
  return undefined
}

/**
 * BALP closes the entities of a decision: the patient, consents, one token. So what was decided about, and in which
 * request, stands in details of the patient.
 */
function decisionEntities(facts: Facts): AuditEventEntity[] {
  const { caller, recipient, request, entities } = facts
  const documents = entities.filter(entity => entity.of === 'document')
  const consents = entities.filter(entity => entity.of === 'consent')
  const token = caller !== undefined && recipient === undefined ? [{ of: 'token', jti: caller.token } as const] : []
  return [
    {
      ...patientOf(facts.case!),
      detail: [
        detail('x-request-id', request),
        ...documents.flatMap(document => [detail('document', document.reference), ...documentDetails(document)])
      ]
    },
    ...[...consents, ...token].map(entity => toEntity(entity, false))
  ]
}

/** The worker by the number of the case: each organisation has another number for them, and none may link two sides. */
function patientOf({ identifier }: { readonly identifier: string }): AuditEventEntity {
  return {
    what: { type: 'Patient', identifier: { system: caseSystem, value: word(identifier) } },
    type: entityType('1'),
    role: objectRole('1')
  }
}

/**
 * The profile that the event may claim, if it has all that the profile asks for. A decision claims none: AuthZconsent
 * binds every subtype to its own codes, and each of our records carries its act.
 */
function profileOf(row: ActRow, facts: Facts, { agent }: AuditEvent): string | undefined {
  const { profile } = row
  const client = agent[0]!
  if (profile === undefined || profile === 'AuthZconsent' || !client.who || !client.network) return undefined
  if (profile === 'PrivacyDisclosure.Source') return facts.case && profile
  if (facts.outcome !== '0' || subjectOf(row, facts) === undefined) return undefined
  return facts.case ? profile : profile.slice('Patient'.length)
}
