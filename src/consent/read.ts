import { caseSubjectSystem, codeSystem, extensionUrl } from '../document/canonical.ts'
import type { ConsentFacts, Label, Period, Provision } from '../document/consent.ts'
import { disclosureClasses } from '../document/disclosure-class.ts'
import { as, type CaseId, type ConsentId, type Instant, type OrganizationId, type PartyId } from '../document/ids.ts'
import type { KindCode } from '../document/kind.ts'
import { type PurposeCode, purposeCodes, type RoleCode } from '../document/role.ts'
import { Refusal } from '../outcome/refusal.ts'
import { Findings, type RuleKey } from './findings.ts'
import { hasCoding, idIn, isObject, type Json, list, object, only } from './json.ts'
import { classSystem, confidentialitySystem, isConfidentiality, itemSystem } from './label.ts'
import { spanOf } from './period.ts'
import { policyUri } from './policy.ts'

/** One PractitionerRole of the CareTeam: a role of an organisation that takes part in the case. */
export interface CareTeamMember {
  readonly organization: OrganizationId
  readonly role: RoleCode
}

export interface ConsentContext {
  /** the id that the consent gets */
  readonly id: ConsentId
  readonly now: Instant
  readonly case: CaseId
  /** what may stand for the worker: values in `{c}/IdSystem/case-subject` of this case */
  readonly subjectValues: readonly string[]
  readonly members: ReadonlyMap<PartyId, CareTeamMember>
  readonly operatorParty: PartyId
  /** linkIds of the questions of each kind, of all its versions: a deny of a mistyped item would protect nothing */
  readonly questions: ReadonlyMap<KindCode, ReadonlySet<string>>
  /** the consents of this case so far */
  readonly consents: ReadonlySet<ConsentId>
}

export interface ReadConsent {
  readonly type: 'custody' | 'release'
  readonly facts: ConsentFacts
  /** who recorded a consent given on paper; the caller must be this party */
  readonly recordedBy: PartyId | undefined
}

/**
 * Reads a new Consent of our profile of IHE PCF Advanced (contract §7) as the facts that decisions go by. Whatever
 * would not be decided by is refused, so that no consent means less, or more, than it says.
 * @throws Refusal `consent-blanket`, `consent-period`, `recipient-unknown` or `profile-invalid`, the first of these that
 *   applies, with every single finding as an issue; `resource-type` where it is no Consent
 * @see https://profiles.ihe.net/ITI/PCF/StructureDefinition-IHE.PCF.consentAdvanced.html
 */
export function readConsent(resource: unknown, context: ConsentContext): ReadConsent {
  if (!isObject(resource) || resource.resourceType !== 'Consent')
    throw new Refusal('resource-type', { at: ['Consent'] })
  const found = new Findings()
  readHead(resource, context, found)
  const root = readRoot(resource, context, found)
  const provisions = root.nested.map(([each, at]) => readProvision(each, at, root.period, context, found))
  const custody = provisions.some(({ purposes }) => purposes.includes('custody'))
  root.nested.forEach(([each, at], index) => {
    if (custody) readCustody(provisions[index]!, each, at, context, found)
    else readRelease(provisions[index]!, each, at, context, found)
  })
  const { replaces, recordedBy } = readExtensions(resource, provisions, context, found)
  const discloser = custody ? undefined : readDiscloser(resource, context, found)
  found.refuse()
  const type = custody ? 'custody' : 'release'
  const { id, case: caseId } = context
  const { period } = root
  const facts = { id, case: caseId, type, status: 'active', discloser, period, provisions, replaces } as const
  return { type, facts: { ...facts, endedAt: undefined }, recordedBy }
}

const headElements = [
  ...['resourceType', 'id', 'meta', 'language', 'text', 'extension', 'identifier', 'status', 'scope', 'category'],
  ...['patient', 'dateTime', 'performer', 'organization', 'sourceAttachment', 'sourceReference', 'policy', 'provision']
]

function readHead(consent: Json, context: ConsentContext, found: Findings): void {
  const check = (rule: RuleKey, element: string, holds: boolean) => {
    if (!holds) found.add(rule, `Consent.${element}`)
  }
  only(headElements, consent, 'Consent', found)
  const scope = 'http://terminology.hl7.org/CodeSystem/consentscope'
  check('profile-consent-status', 'status', consent.status === 'active')
  check('profile-consent-scope', 'scope', hasCoding(consent.scope, scope, 'patient-privacy'))
  const categories = list(consent, 'category', 'Consent', found)
  const isRelease = categories.some(([each]) => hasCoding(each, 'http://loinc.org', '64292-6'))
  check('profile-consent-category', 'category', isRelease)
  const isWorker = (reference: unknown) => {
    const { system, value } = object(object(reference).identifier)
    return system === caseSubjectSystem && context.subjectValues.some(each => each === value)
  }
  check('profile-consent-subject', 'patient', isWorker(consent.patient))
  const performers = list(consent, 'performer', 'Consent', found)
  check('profile-consent-subject', 'performer', performers.length > 0 && performers.every(([each]) => isWorker(each)))
  check('profile-consent-time', 'dateTime', spanOf(consent.dateTime) !== undefined)
  check('profile-consent-source', 'source', hasSource(consent))
  check('profile-consent-organization', 'organization', list(consent, 'organization', 'Consent', found).length > 0)
  const policies = list(consent, 'policy', 'Consent', found)
  check('profile-consent-policy', 'policy', policies.length === 1 && policies[0]?.[0].uri === policyUri)
}

function hasSource({ sourceAttachment, sourceReference }: Json): boolean {
  const { title } = object(sourceAttachment)
  const { reference } = object(sourceReference)
  if (sourceAttachment !== undefined && sourceReference !== undefined) return false
  return [title, reference].some(each => typeof each === 'string' && each !== '')
}

function readDiscloser(consent: Json, context: ConsentContext, found: Findings): OrganizationId | undefined {
  const organizations = list(consent, 'organization', 'Consent', found)
  const id = idIn(organizations[0]?.[0], 'Organization')
  const member = [...context.members.values()].find(({ organization }) => organization === id)
  if (organizations.length === 1 && member) return member.organization
  found.add('profile-consent-organization', 'Consent.organization')
  return undefined
}

function readRoot(consent: Json, context: ConsentContext, found: Findings) {
  const at = 'Consent.provision'
  const root = object(consent.provision)
  only(['id', 'extension', 'type', 'period', 'provision'], root, at, found)
  if (root.type !== 'deny') found.add('profile-consent-root', `${at}.type`)
  const period = readPeriod(root, at, context.now, found)
  const nested = list(root, 'provision', at, found)
  if (nested.length === 0) found.add('profile-consent-provision-missing', `${at}.provision`)
  return { period, nested }
}

const noPeriod: Period = { start: Number.NaN, end: Number.NaN }

function readPeriod(provision: Json, at: string, now: Instant, found: Findings): Period {
  const { start, end } = object(provision.period)
  if (end === undefined) {
    found.add('profile-consent-end-missing', `${at}.period.end`)
    return noPeriod
  }
  const period = { start: spanOf(start)?.start ?? Number.NaN, end: spanOf(end)?.end ?? Number.NaN }
  if (period.start < period.end && now < period.end) return period
  found.add('profile-consent-period', `${at}.period`)
  return noPeriod
}

const nestedElements = ['id', 'extension', 'type', 'period', 'actor', 'class', 'purpose', 'securityLabel']

function readProvision(each: Json, at: string, root: Period, context: ConsentContext, found: Findings): Provision {
  only(nestedElements, each, at, found)
  if (each.type !== 'permit' && each.type !== 'deny') found.add('profile-consent-type', `${at}.type`)
  const period = readPeriod(each, at, context.now, found)
  if (period.end <= root.start || root.end <= period.start) found.add('profile-consent-period', `${at}.period`)
  return {
    type: each.type === 'permit' ? 'permit' : 'deny',
    period,
    kinds: readKinds(each, at, context, found),
    actors: readActors(each, at, found),
    purposes: readPurposes(each, at, found),
    labels: readLabels(each, at, found),
    withholding: readWithholding(each, at, found)
  }
}

function readKinds(provision: Json, at: string, context: ConsentContext, found: Findings): readonly KindCode[] {
  const known = [...context.questions.keys()]
  return list(provision, 'class', at, found).flatMap(([{ system, code }, place]) => {
    const kind = known.find(each => each === code)
    if (kind && system === codeSystem('document-kind')) return [kind]
    found.add('profile-consent-kind', place)
    return []
  })
}

function readActors(provision: Json, at: string, found: Findings): readonly PartyId[] {
  return list(provision, 'actor', at, found).flatMap(([actor, place]) => {
    only(['id', 'extension', 'role', 'reference'], actor, place, found)
    const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
    if (!hasCoding(actor.role, participation, 'IRCP')) found.add('profile-consent-actor', `${place}.role`)
    const party = idIn(actor.reference, 'PractitionerRole')
    if (party !== undefined) return [as<PartyId>(party)]
    // An organisation is no recipient: a permit to an employer would reach its HR (domain P-2).
    found.add('profile-consent-recipient', `${place}.reference`)
    return []
  })
}

function readPurposes(provision: Json, at: string, found: Findings): readonly PurposeCode[] {
  return list(provision, 'purpose', at, found).flatMap(([{ system, code }, place]) => {
    const purpose = purposeCodes.find(each => each === code)
    if (purpose && system === codeSystem('ryoritsu-purpose')) return [purpose]
    found.add('profile-consent-purpose', place)
    return []
  })
}

function readLabels(provision: Json, at: string, found: Findings): readonly Label[] {
  return list(provision, 'securityLabel', at, found).flatMap(([{ system, code }, place]) => {
    if (typeof system === 'string' && typeof code === 'string') return [{ system, code }]
    found.add('profile-consent-label', place)
    return []
  })
}

function readWithholding(provision: Json, at: string, found: Findings): 'marked' | 'silent' {
  const said = list(provision, 'extension', at, found).filter(([each]) => each.url === extensionUrl('withholding'))
  const [first] = said
  if (!first) return 'marked'
  const code = first[0].valueCode
  if (said.length === 1 && (code === 'marked' || code === 'silent')) return code
  found.add('profile-consent-withholding', first[1])
  return 'marked'
}

function readRelease(provision: Provision, each: Json, at: string, context: ConsentContext, found: Findings): void {
  const missing: readonly (readonly [string, RuleKey])[] = [
    ['class', 'profile-consent-kind-missing'],
    ['actor', 'profile-consent-recipient-missing'],
    ['purpose', 'profile-consent-purpose-missing'],
    ['securityLabel', 'profile-consent-label-missing']
  ]
  for (const [name, rule] of missing) {
    if (list(each, name, at, found).length === 0) found.add(rule, `${at}.${name}`)
  }
  for (const party of provision.actors) {
    if (!context.members.has(party)) found.add('profile-consent-recipient', `${at}.actor`)
  }
  const items = provision.kinds.map(kind => context.questions.get(kind))
  provision.labels.forEach(({ system, code }, index) => {
    const isKnown =
      (system === classSystem && disclosureClasses.some(known => known === code)) ||
      (system === itemSystem && (items.length === 0 || items.some(known => known?.has(code)))) ||
      (system === confidentialitySystem && isConfidentiality(code))
    if (!isKnown) found.add('profile-consent-label', `${at}.securityLabel[${index}]`)
  })
}

function readCustody(provision: Provision, each: Json, at: string, context: ConsentContext, found: Findings): void {
  const holds =
    provision.type === 'permit' &&
    provision.purposes.every(purpose => purpose === 'custody') &&
    provision.actors.length === 1 &&
    provision.actors[0] === context.operatorParty &&
    each.securityLabel === undefined
  if (!holds) found.add('profile-consent-custody', at)
}

function readExtensions(
  consent: Json,
  provisions: readonly Provision[],
  context: ConsentContext,
  found: Findings
): { readonly replaces: ConsentId | undefined; readonly recordedBy: PartyId | undefined } {
  const extensions = list(consent, 'extension', 'Consent', found)
  const one = (name: string, type: string) => {
    const said = extensions.filter(([each]) => each.url === extensionUrl(name))
    return { at: said[0]?.[1], id: said.length === 1 ? idIn(said[0]![0].valueReference, type) : undefined }
  }
  const replaces = one('replaces', 'Consent')
  const replaced = [...context.consents].find(each => each === replaces.id)
  if (replaces.at && !replaced) found.add('profile-consent-replaces', replaces.at)
  const recorded = one('recorded-by', 'PractitionerRole')
  const recordedBy = [...context.members.keys()].find(each => each === recorded.id)
  if (recorded.at && !mayRecord(recordedBy, consent, provisions, context)) {
    found.add('profile-consent-recorded-by', recorded.at)
  }
  return { replaces: replaced, recordedBy }
}

/** Paper is recorded only by the side that discloses, never by staff of an organisation that it names (design §3). */
function mayRecord(
  party: PartyId | undefined,
  consent: Json,
  provisions: readonly Provision[],
  { members }: ConsentContext
): boolean {
  const organization = party && members.get(party)?.organization
  if (!organization) return false
  const discloser = idIn(Array.isArray(consent.organization) ? consent.organization[0] : undefined, 'Organization')
  const recipients = provisions.flatMap(({ actors }) => actors.map(actor => members.get(actor)?.organization))
  return organization === discloser && !recipients.includes(organization)
}
