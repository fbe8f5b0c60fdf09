import type {
  Bundle,
  Consent,
  DocumentReference,
  OperationOutcome,
  Parameters,
  ParametersParameter
} from '@medplum/fhirtypes'
import type { FixtureCase, FixtureDocument } from '../../fixtures/cases/case.ts'
import { filesOf } from '../../fixtures/documents.ts'
import { hasCard, signWithCertificate, signWithKey } from '../../fixtures/signers.ts'
import { caseSubjectSystem, codeSystem, extensionUrl } from '../../src/document/canonical.ts'
import type { DisclosureClass } from '../../src/document/disclosure-class.ts'
import type { KindCode } from '../../src/document/kind.ts'
import type { PurposeCode } from '../../src/document/role.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { assembleDocument } from './assemble.ts'
import type { Answered, Party } from './party.ts'

/** What a party knows of a case after it opened or joined it. */
export interface Known {
  readonly id: string
  /** value in `{c}/IdSystem/case` */
  readonly identifier: string
  /** value in `{c}/IdSystem/case-subject`: this party's own */
  readonly subject: string
  readonly invitation?: string
}

export const parameters = (...parameter: readonly ParametersParameter[]): Parameters => ({
  resourceType: 'Parameters',
  parameter: [...parameter]
})

/** An answer with another status than was expected; its message holds the whole answer. */
export class UnexpectedAnswer extends Error {
  /** key of the catalogue, or an error code of OAuth, where the answer names one */
  readonly refusal: string | undefined

  constructor(answered: Answered, status: number) {
    super(`expected ${status}, got ${answered.status}: ${answered.text.slice(0, 2000).trimEnd()}`)
    this.refusal = refusalOf(answered)
  }
}

/** The key by which partners branch: in an OperationOutcome, a problem detail or an OAuth error. */
export function refusalOf({ body }: Answered): string | undefined {
  const { issue, code, error } = (body ?? {}) as Partial<OperationOutcome> & { code?: string; error?: string }
  const codings = (issue ?? []).flatMap(each => each.details?.coding ?? [])
  return codings.find(({ system }) => system === codeSystem('refusal'))?.code ?? code ?? error
}

/** @throws UnexpectedAnswer */
export function expectStatus<Body>(answered: Answered<Body>, status: number): Answered<Body> {
  if (answered.status !== status) throw new UnexpectedAnswer(answered, status)
  return answered
}

export function knownFrom({ body }: Answered): Known {
  const { parameter = [] } = body as Parameters
  const named = (name: string) => parameter.find(each => each.name === name)
  const reference = named('case')?.valueReference
  const invitation = named('invitation')?.valueString
  return {
    id: reference!.reference!.split('/')[1]!,
    identifier: reference!.identifier!.value!,
    subject: named('caseSubject')!.valueIdentifier!.value!,
    ...(invitation !== undefined && { invitation })
  }
}

export async function openCase(party: Party, story: FixtureCase): Promise<Known> {
  const { worker, kind } = story
  const answered = await party.post(
    '/fhir/EpisodeOfCare/$open',
    parameters(
      { name: 'kind', valueCode: kind },
      { name: 'workerName', valueString: worker.name },
      { name: 'workerKana', valueString: worker.kana },
      { name: 'birthDate', valueDate: worker.birthDate },
      {
        name: 'localIdentifier',
        valueIdentifier: { system: 'https://employer.example/staff', value: `local-${story.number}` }
      }
    )
  )
  return knownFrom(expectStatus(answered, 201))
}

export async function accept(worker: Party, invitation: string): Promise<Known> {
  return knownFrom(
    expectStatus(
      await worker.post('/fhir/EpisodeOfCare/$accept', parameters({ name: 'invitation', valueString: invitation })),
      201
    )
  )
}

export async function invite(
  worker: Party,
  id: string,
  role: 'hospital' | 'employer' | 'coordinator'
): Promise<string> {
  const answered = await worker.post(`/fhir/EpisodeOfCare/${id}/$invite`, parameters({ name: 'role', valueCode: role }))
  return (expectStatus(answered, 200).body as Parameters).parameter!.find(each => each.name === 'code')!.valueString!
}

export function join(
  party: Party,
  story: FixtureCase,
  code: string,
  person: { readonly birthDate?: string; readonly kana?: string } = {}
): Promise<Answered> {
  return party.post(
    '/fhir/EpisodeOfCare/$join',
    parameters(
      { name: 'code', valueString: code },
      {
        name: 'localIdentifier',
        valueIdentifier: { system: 'urn:oid:1.2.392.100495.20.3.51.11319999015', value: `patient-${story.number}` }
      },
      { name: 'birthDate', valueDate: person.birthDate ?? story.worker.birthDate },
      { name: 'workerKana', valueString: person.kana ?? story.worker.kana }
    )
  )
}

/** The reception sees an identity paper; the worker types the code that it shows. */
export async function confirm(hospital: Party, worker: Party, id: string): Promise<void> {
  const shown = await hospital.post(
    `/fhir/EpisodeOfCare/${id}/$confirm`,
    parameters({ name: 'identityEvidence', valueCode: 'drivers-licence' })
  )
  const code = (expectStatus(shown, 200).body as Parameters).parameter!.find(each => each.name === 'confirmationCode')!
    .valueString!
  expectStatus(
    await worker.post(
      `/fhir/EpisodeOfCare/${id}/$confirm`,
      parameters({ name: 'confirmationCode', valueString: code })
    ),
    200
  )
}

/** A fixture document addressed to a live case and signed anew, as its author's system would send it now. */
export function liveDocument(
  story: FixtureCase,
  kind: KindCode,
  known: Known,
  options: {
    readonly suffix?: string
    readonly identifier?: string
    readonly at?: number
    readonly change?: (bundle: Bundle) => Bundle
  } = {}
): Bundle {
  const file = filesOf(story).find(({ document }) => document.kind === kind && document.suffix === options.suffix)
  if (!file) throw new TypeError(`case ${story.number} has no ${kind} ${options.suffix ?? ''}`)
  const when = toInstant(options.at ?? Date.now())
  const { identifier } = file.content
  const unsigned = assembleDocument({
    ...file.content,
    caseIdentifier: known.identifier,
    caseSubject: known.subject,
    at: when,
    identifier: options.identifier === undefined ? identifier : { ...identifier, value: options.identifier }
  })
  return signAs(story, file.document.by, options.change?.(unsigned) ?? unsigned, when)
}

/** Signs for the author of a case: the company with its key, a physician with a card or with the key of the house. */
export function signAs(story: FixtureCase, by: FixtureDocument['by'], bundle: Bundle, when: string): Bundle {
  if (by === 'hr') {
    return signWithKey(bundle, { who: story.employer.identifier, when }, `employer-${story.employer.identifier.value}`)
  }
  const { registration } = story.physician
  const who = { system: 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/medicalRegistrationNumber', value: registration }
  if (hasCard(registration)) return signWithCertificate(bundle, { who, when }, `physician-${registration}`)
  return signWithKey(bundle, { who: story.hospital.identifier, when }, `hospital-${story.hospital.number}`)
}

export const deposit = (party: Party, bundle: Bundle): Promise<Answered<DocumentReference>> =>
  party.post('/fhir/Bundle', bundle)

export const receiptOf = ({ body }: Answered<DocumentReference>): string =>
  body.extension!.find(each => each.url === extensionUrl('receipt'))!.valueString!

export interface Releasing {
  readonly subject: string
  readonly discloser: string
  readonly recipients: readonly string[]
  readonly kinds: readonly KindCode[]
  readonly classes: readonly DisclosureClass[] | 'all'
  readonly purpose?: PurposeCode
  readonly withholding?: 'marked' | 'silent'
  readonly start?: number
  readonly end?: number
  readonly denied?: readonly string[]
}

/** A release as the worker's page would put it together (contract §7). */
export function releaseConsent(releasing: Releasing): Consent {
  const { subject, discloser, recipients, kinds, classes, purpose = 'support-consideration' } = releasing
  const start = releasing.start ?? Date.now() - 60_000
  const period = { start: toInstant(start), end: toInstant(releasing.end ?? start + 180 * 86_400_000) }
  const worker = { identifier: { system: caseSubjectSystem, value: subject } }
  const common = {
    period,
    actor: recipients.map(reference => ({
      role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
      reference: { reference }
    })),
    class: kinds.map(code => ({ system: codeSystem('document-kind'), code })),
    purpose: [{ system: codeSystem('ryoritsu-purpose'), code: purpose }]
  }
  return {
    resourceType: 'Consent',
    meta: {
      profile: [
        'https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentAdvanced',
        extensionUrl('ryoritsu-consent')
      ]
    },
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '64292-6' }] }],
    patient: worker,
    dateTime: toInstant(start),
    performer: [worker],
    organization: [{ reference: discloser }],
    sourceAttachment: { contentType: 'text/plain', title: 'release 1.0' },
    policy: [{ uri: 'https://ryoritsu.example/fhir/policy/ryoritsu-disclosure|1.0' }],
    provision: {
      type: 'deny',
      period,
      provision: [
        {
          type: 'permit',
          ...common,
          securityLabel:
            classes === 'all'
              ? [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }]
              : classes.map(code => ({ system: codeSystem('ryoritsu-disclosure-class'), code })),
          ...(releasing.withholding && {
            extension: [{ url: extensionUrl('withholding'), valueCode: releasing.withholding }]
          })
        },
        ...(releasing.denied ?? []).map(code => ({
          type: 'deny' as const,
          ...common,
          securityLabel: [{ system: codeSystem('item'), code }]
        }))
      ]
    }
  }
}

/** The same, given on paper and recorded by `party` (`PractitionerRole/…`). */
export const onPaper = (consent: Consent, party: string): Consent => ({
  ...consent,
  extension: [{ url: extensionUrl('recorded-by'), valueReference: { reference: party } }]
})

export async function release(worker: Party, releasing: Releasing): Promise<Consent & { id: string }> {
  const answered = await worker.post<Consent & { id: string }>('/fhir/Consent', releaseConsent(releasing))
  return expectStatus(answered, 201).body
}

export async function withdraw(worker: Party, id: string): Promise<Answered<Consent>> {
  const current = expectStatus(await worker.get<Consent>(`/fhir/Consent/${id}`), 200)
  return worker.put<Consent>(
    `/fhir/Consent/${id}`,
    { ...current.body, status: 'inactive' },
    { headers: { 'if-match': String(current.headers.etag) } }
  )
}

/** DocumentReferences that a party finds of the worker it knows by this number. */
export async function search(party: Party, subject: string, more = ''): Promise<readonly DocumentReference[]> {
  const query = `patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${subject}`)}&status=current${more}`
  const { body } = expectStatus(await party.get<Bundle>(`/fhir/DocumentReference?${query}`), 200)
  return (body.entry ?? []).map(entry => entry.resource as DocumentReference)
}

export const documentOf = (party: Party, reference: DocumentReference): Promise<Answered<Bundle>> =>
  party.get<Bundle>(new URL(reference.content[0]!.attachment.url!).pathname)
