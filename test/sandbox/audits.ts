import type { AuditEvent, Bundle, Consent, Parameters } from '@medplum/fhirtypes'
import { codeSystem } from '../../src/document/canonical.ts'
import { decodeBase64url, encodeBase64url } from '../../src/standards/base64url.ts'
import { verifyInclusion } from '../../src/standards/merkle.ts'
import { openNote, parseCheckpoint } from '../../src/standards/signed-note.ts'
import { leafHashOf } from '../parties/audit-leaf.ts'
import type { Party } from '../parties/party.ts'
import { expectStatus } from '../parties/story.ts'
import { about, type Joined } from './acts.ts'
import type { Scene } from './scene.ts'
import { must, type Saw } from './step.ts'

/** What the story itself knows to have happened. */
export interface Known {
  /** `DocumentReference/…` of the originals, and their authors: they and the worker read without a release */
  readonly originals: ReadonlyMap<string, Party>
  /** ids of derived documents that recipients have read */
  readonly read: readonly string[]
}

/**
 * Auditors of both sides list one worker's consents and accesses, find for each disclosure the consent that named this
 * recipient, kind and purpose and was running at that moment, and prove each of these records in the log.
 */
export async function audits(scene: Scene, joined: Joined, { originals, read }: Known, saw: Saw): Promise<void> {
  const { hospitalAuditor, employerAuditor, worker } = scene.town
  const isOwn: IsOwn = (reference, reader) =>
    originals.has(reference) && (reader === worker.file.party || reader === originals.get(reference)!.file.party)
  const seen = new Set<string>()
  for (const [side, auditor, subject] of [
    ['hospital', hospitalAuditor, joined.hospital.subject],
    ['employer', employerAuditor, joined.hr.subject]
  ] as const) {
    const consents = await listed<Consent>(auditor, 'Consent', subject)
    const disclosures = await listed<AuditEvent>(auditor, 'AuditEvent', subject, `&subtype=${disclose}`)
    const toRecipients = disclosures.filter(event => named(event, 'Consent').length > 0)
    for (const event of disclosures) checkGround(event, consents, isOwn)
    saw(
      `${side}: ${disclosures.length} disclosures, ${toRecipients.length} to recipients, each paired with one of ${consents.length} consents`,
      toRecipients.length > 0
    )
    for (const event of toRecipients) await prove(scene, auditor, event)
    saw(`${side}: each opened and proven in the log`)
    for (const event of toRecipients) for (const reference of named(event, 'DocumentReference')) seen.add(reference)
  }
  const missing = read.filter(id => !seen.has(`DocumentReference/${id}`))
  saw(`all ${read.length} that were read are among them`, read.length > 0 && missing.length === 0)
}

type IsOwn = (reference: string, reader: string | undefined) => boolean

const disclose = encodeURIComponent(`${codeSystem('act')}|document-disclose`)

/** Every page of a search. */
async function listed<Found>(auditor: Party, type: string, subject: string, more = ''): Promise<readonly Found[]> {
  const page = async (path: string): Promise<readonly Found[]> => {
    const { body } = expectStatus(await auditor.get<Bundle>(path), 200)
    const found = (body.entry ?? []).map(entry => entry.resource as Found)
    const next = body.link?.find(({ relation }) => relation === 'next')?.url
    return next === undefined ? found : [...found, ...(await page(next.slice(auditor.file.issuer.length)))]
  }
  return page(`/fhir/${type}?${about(subject)}&_count=20${more}`)
}

/** @returns references of this type that an event names */
const named = ({ entity = [] }: AuditEvent, type: string): readonly string[] =>
  entity.flatMap(({ what }) => (what?.reference?.startsWith(`${type}/`) ? [what.reference] : []))

/** Author and worker read their own; everybody else by a consent that was running. @throws NotSo */
function checkGround(event: AuditEvent, consents: readonly Consent[], isOwn: IsOwn): void {
  const reader = event.agent.find(({ requestor }) => requestor)?.who?.reference
  const behind = named(event, 'Consent')
  if (behind.length === 0) {
    const documents = named(event, 'DocumentReference')
    must(
      documents.length > 0 && documents.every(each => isOwn(each, reader)),
      `disclosure ${event.id} without a consent is to author or worker`
    )
    return
  }
  const found = consents.filter(({ id }) => behind.includes(`Consent/${id}`))
  must(found.length === behind.length, `the consents behind disclosure ${event.id} are listed`)
  must(
    found.some(consent => permits(consent, event, reader)),
    `a consent covers disclosure ${event.id}`
  )
}

function permits({ provision }: Consent, event: AuditEvent, recipient: string | undefined): boolean {
  const details = (event.entity ?? []).flatMap(({ detail = [] }) => detail)
  const kind = details.find(({ type }) => type === 'document-kind')?.valueString
  const purpose = event.purposeOfEvent?.[0]?.coding?.[0]?.code
  const at = Date.parse(event.recorded)
  return (provision?.provision ?? []).some(
    each =>
      each.type === 'permit' &&
      Date.parse(each.period?.start ?? '') <= at &&
      at < Date.parse(each.period?.end ?? '') &&
      (each.actor ?? []).some(({ reference }) => reference.reference === recipient) &&
      (each.class ?? []).some(({ code }) => code === kind) &&
      (each.purpose ?? []).some(({ code }) => code === purpose)
  )
}

/** @throws NotSo where the record is not in the log as its checkpoint says */
async function prove({ trust }: Scene, auditor: Party, event: AuditEvent): Promise<void> {
  const read = expectStatus(await auditor.get(`/fhir/AuditEvent/${event.id}`), 200)
  const answered = expectStatus(await auditor.get<Parameters>(`/fhir/AuditEvent/${event.id}/$proof`), 200)
  const { parameter = [] } = answered.body
  const text = (name: string) => parameter.find(each => each.name === name)!.valueString!
  const head = parseCheckpoint(openNote(text('checkpoint'), trust.log).text)
  const leaf = leafHashOf({
    id: event.id!,
    time: event.recorded,
    key: text('key'),
    record: encodeBase64url(read.bytes)
  })
  const proof = parameter.filter(each => each.name === 'inclusion').map(each => decodeBase64url(each.valueString!))
  const index = parameter.find(each => each.name === 'index')!.valueInteger!
  must(verifyInclusion(leaf, index, head.size, proof, head.root), `record ${event.id} is in the log`)
}
