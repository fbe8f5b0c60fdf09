import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { JWK } from 'jose'
import type { FixtureCase } from '../../fixtures/cases/case.ts'
import { keyOf, signingKeys } from '../../fixtures/test-keys.ts'
import { idSystem } from '../../src/document/canonical.ts'
import type { ClientRole, PurposeCode } from '../../src/document/role.ts'
import { addPartner, type NewPartner } from '../../src/journeys/partner/add-partner.ts'
import type { Running } from './gateway.ts'
import { Party } from './party.ts'

const purposes: readonly PurposeCode[] = ['support-consideration']

/** All that a client of each role may ask for. */
export const scopesOf: Readonly<Record<ClientRole, string>> = {
  hospital:
    'system/EpisodeOfCare.crus system/CareTeam.r system/Bundle.cr system/DocumentReference.rus system/Questionnaire.rs',
  'employer-hr':
    'system/EpisodeOfCare.crus system/CareTeam.r system/Bundle.cr system/DocumentReference.rus system/Questionnaire.rs',
  'employer-ohp':
    'system/EpisodeOfCare.rs system/CareTeam.r system/Bundle.cr system/DocumentReference.rus system/Questionnaire.rs',
  supervisor: 'system/EpisodeOfCare.rs system/CareTeam.r system/Bundle.r system/DocumentReference.rus',
  coordinator: 'system/EpisodeOfCare.rus system/CareTeam.r system/Bundle.r system/DocumentReference.rs',
  worker:
    'system/EpisodeOfCare.crus system/CareTeam.r system/Bundle.r system/DocumentReference.rus system/Consent.crus system/AuditEvent.rs system/Questionnaire.rs',
  auditor: 'system/Consent.rs system/AuditEvent.rs',
  operator: 'system/Metrics.r'
}

const handlingRules = {
  recordedOn: '2026-04-01',
  headings: [
    '目的・取扱方法',
    '取り扱う者・権限・範囲',
    '通知・同意取得方法',
    '適正管理',
    '開示・訂正・使用停止等',
    '第三者提供',
    '事業承継等の引継ぎ',
    '苦情処理',
    '労働者への周知'
  ]
}

export interface Registering {
  readonly role: ClientRole
  readonly organization: NewPartner['organization']
  /** kids of test keys for documents */
  readonly signingKeys?: readonly string[]
  readonly webhook?: string
  readonly person?: { readonly id: string; readonly name: string }
  readonly handlingRules?: NewPartner['handlingRules'] | 'none'
  readonly purposes?: readonly PurposeCode[]
}

/** ES384, as SMART backend services have them; a fresh one each time. */
function freshClientKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const marks = { kid: randomUUID(), alg: 'ES384' }
  return {
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), ...marks },
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), ...marks }
  }
}

/** Registers a partner at a running gateway, as the operator would, and gives its pretend system. */
export async function register(running: Running, registering: Registering): Promise<Party> {
  const { role, organization, webhook, person } = registering
  const key = freshClientKey()
  const isEmployer = role === 'employer-hr' || role === 'employer-ohp' || role === 'supervisor'
  const partner = await addPartner(
    running.gateway.parts,
    {
      role,
      organization,
      jwks: { keys: [key.publicJwk] },
      signingKeys: { keys: (registering.signingKeys ?? []).map(kid => keyOf(signingKeys, kid).publicJwk as never) },
      scope: scopesOf[role].split(' '),
      purposes: registering.purposes ?? purposes,
      webhook,
      handlingRules:
        registering.handlingRules === 'none'
          ? undefined
          : (registering.handlingRules ?? (isEmployer ? handlingRules : undefined))
    },
    { workerClients: true }
  )
  return new Party({
    baseUrl: `${running.baseUrl}/fhir`,
    issuer: running.baseUrl,
    tokenEndpoint: `${running.baseUrl}/oauth2/token`,
    clientId: partner.clientId,
    scope: scopesOf[role],
    privateJwk: key.privateJwk,
    organization: `Organization/${partner.organization}`,
    party: `PractitionerRole/${partner.party}`,
    role,
    ...(role !== 'worker' && role !== 'auditor' && role !== 'operator' && { purpose: 'support-consideration' }),
    ...(person && { person })
  })
}

/** The organisations and people of a fixture case, each with a system of its own. */
export interface Town {
  readonly hospital: Party
  readonly hr: Party
  readonly ohp: Party
  readonly worker: Party
  readonly hospitalAuditor: Party
  readonly employerAuditor: Party
}

export async function registerTown(
  running: Running,
  story: FixtureCase,
  webhooks: { readonly hr?: string; readonly ohp?: string } = {}
): Promise<Town> {
  const hospital = { name: story.hospital.name, identifier: story.hospital.identifier }
  const employer = { name: story.employer.name, identifier: story.employer.identifier }
  const person = {
    name: story.worker.name,
    identifier: { system: idSystem('person'), value: `fixture-${story.number}` }
  }
  const hospitalKey = `hospital-${story.hospital.number}`
  const employerKey = `employer-${story.employer.identifier.value}`
  const role = (name: ClientRole) => `${name}-${story.number}`
  return {
    hospital: await register(running, {
      role: 'hospital',
      organization: hospital,
      signingKeys: [hospitalKey],
      person: { id: story.physician.registration, name: story.physician.name }
    }),
    hr: await register(running, {
      role: 'employer-hr',
      organization: employer,
      signingKeys: [employerKey],
      person: { id: role('employer-hr'), name: story.employer.hr.name },
      ...(webhooks.hr !== undefined && { webhook: webhooks.hr })
    }),
    ohp: await register(running, {
      role: 'employer-ohp',
      organization: employer,
      signingKeys: [employerKey],
      person: { id: role('employer-ohp'), name: '産業 医師' },
      ...(webhooks.ohp !== undefined && { webhook: webhooks.ohp })
    }),
    worker: await register(running, { role: 'worker', organization: person }),
    hospitalAuditor: await register(running, { role: 'auditor', organization: hospital }),
    employerAuditor: await register(running, { role: 'auditor', organization: employer })
  }
}
