import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { JWK } from 'jose'
import type { FixtureCase } from '../../fixtures/cases/case.ts'
import { hasCard } from '../../fixtures/signers.ts'
import { chainOf, hasCertificate, keyOf, signingKeys } from '../../fixtures/test-keys.ts'
import { idSystem } from '../../src/document/canonical.ts'
import type { ClientRole, PurposeCode } from '../../src/document/role.ts'
import type { NewPartner } from '../../src/journeys/partner/add-partner.ts'
import { Party, type PartyFile } from './party.ts'

/** Where partners are registered: a gateway in this process, or the command line of another. */
export interface Desk {
  /** `{b}` of the gateway */
  readonly baseUrl: string
  /** @returns ids without a resource type before them */
  add(partner: NewPartner): Promise<Added>
}

export interface Added {
  readonly clientId: string
  readonly organization: string
  readonly party: string
}

/** A partner as the operator gets it on file (contract §2). */
export const partnerFile = ({ scope, ...partner }: NewPartner): unknown =>
  JSON.parse(JSON.stringify({ ...partner, scope: scope.join(' ') }))

const purposes: readonly PurposeCode[] = ['support-consideration']

/** All that a client of each role may ask for. */
export const scopesOf: Readonly<Record<ClientRole, string>> = {
  hospital:
    'system/EpisodeOfCare.crus system/CareTeam.r system/Bundle.cr system/DocumentReference.rus system/Binary.r system/Consent.c system/Questionnaire.rs',
  'employer-hr':
    'system/EpisodeOfCare.crus system/CareTeam.r system/Bundle.cr system/DocumentReference.rus system/Binary.r system/Consent.c system/Questionnaire.rs',
  'employer-ohp':
    'system/EpisodeOfCare.rs system/CareTeam.r system/Bundle.cr system/DocumentReference.rus system/Binary.r system/Questionnaire.rs',
  supervisor: 'system/EpisodeOfCare.rs system/CareTeam.r system/Bundle.r system/DocumentReference.rus',
  coordinator: 'system/EpisodeOfCare.rus system/CareTeam.r system/Bundle.r system/DocumentReference.rs',
  worker:
    'system/EpisodeOfCare.crus system/CareTeam.r system/Bundle.r system/DocumentReference.rus system/Binary.r system/Consent.crus system/AuditEvent.rs system/Questionnaire.rs',
  auditor: 'system/Consent.rs system/AuditEvent.rs',
  operator: 'system/Metrics.r system/Partner.cus'
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
  /** kids of test keys for documents, the usual one first */
  readonly signingKeys?: readonly string[]
  readonly webhook?: string
  readonly person?: { readonly id: string; readonly name: string }
  readonly handlingRules?: NewPartner['handlingRules'] | 'none'
  readonly purposes?: readonly PurposeCode[]
  /** where another is wanted than that of the role */
  readonly scope?: string
  readonly dpop?: boolean
  readonly certificateThumbprint?: string
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

/** Registers a partner at a gateway, as the operator would, and gives its pretend system. */
export async function register(desk: Desk, registering: Registering): Promise<Party> {
  const { role, organization, webhook, person, scope = scopesOf[role] } = registering
  const key = freshClientKey()
  const isEmployer = role === 'employer-hr' || role === 'employer-ohp' || role === 'supervisor'
  const partner = await desk.add({
    role,
    organization,
    jwks: { keys: [key.publicJwk] },
    signingKeys: { keys: (registering.signingKeys ?? []).map(kid => keyOf(signingKeys, kid).publicJwk as never) },
    scope: scope.split(' '),
    purposes: registering.purposes ?? purposes,
    dpop: registering.dpop ?? false,
    certificateThumbprint: registering.certificateThumbprint,
    webhook,
    handlingRules:
      registering.handlingRules === 'none'
        ? undefined
        : (registering.handlingRules ?? (isEmployer ? handlingRules : undefined))
  })
  return new Party({
    baseUrl: `${desk.baseUrl}/fhir`,
    issuer: desk.baseUrl,
    tokenEndpoint: `${desk.baseUrl}/oauth2/token`,
    clientId: partner.clientId,
    scope,
    privateJwk: key.privateJwk,
    organization: `Organization/${partner.organization}`,
    party: `PractitionerRole/${partner.party}`,
    role,
    ...(role !== 'worker' && role !== 'auditor' && role !== 'operator' && { purpose: 'support-consideration' }),
    ...(person && { person }),
    ...signing(registering)
  })
}

/** The first key of a party is the one that it signs with; some have certificates. */
function signing({ signingKeys: [kid] = [] }: Registering): Pick<PartyFile, 'signingJwk' | 'certificateChain'> {
  if (kid === undefined) return {}
  const signingJwk = keyOf(signingKeys, kid).privateJwk as JWK
  return hasCertificate(kid) ? { signingJwk, certificateChain: chainOf(kid).pem } : { signingJwk }
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
  desk: Desk,
  story: FixtureCase,
  webhooks: { readonly hospital?: string; readonly hr?: string; readonly ohp?: string } = {}
): Promise<Town> {
  const hospital = { name: story.hospital.name, identifier: story.hospital.identifier }
  const employer = { name: story.employer.name, identifier: story.employer.identifier }
  const person = {
    name: story.worker.name,
    identifier: { system: idSystem('person'), value: `fixture-${story.number}` }
  }
  const { registration } = story.physician
  const hospitalKey = `hospital-${story.hospital.number}`
  const employerKey = `employer-${story.employer.identifier.value}`
  const role = (name: ClientRole) => `${name}-${story.number}`
  return {
    hospital: await register(desk, {
      role: 'hospital',
      organization: hospital,
      signingKeys: hasCard(registration) ? [`physician-${registration}`, hospitalKey] : [hospitalKey],
      person: { id: role('hospital'), name: story.physician.name },
      ...(webhooks.hospital !== undefined && { webhook: webhooks.hospital })
    }),
    hr: await register(desk, {
      role: 'employer-hr',
      organization: employer,
      signingKeys: [employerKey],
      person: { id: role('employer-hr'), name: story.employer.hr.name },
      ...(webhooks.hr !== undefined && { webhook: webhooks.hr })
    }),
    ohp: await register(desk, {
      role: 'employer-ohp',
      organization: employer,
      signingKeys: [employerKey],
      person: { id: role('employer-ohp'), name: '産業 医師' },
      ...(webhooks.ohp !== undefined && { webhook: webhooks.ohp })
    }),
    worker: await register(desk, { role: 'worker', organization: person }),
    hospitalAuditor: await register(desk, { role: 'auditor', organization: hospital }),
    employerAuditor: await register(desk, { role: 'auditor', organization: employer })
  }
}
