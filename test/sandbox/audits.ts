import type { AuditEvent, Bundle, Consent, Parameters } from '@medplum/fhirtypes'
import { caseSubjectSystem } from '../../src/document/canonical.ts'
import { decodeBase64url, encodeBase64url } from '../../src/standards/base64url.ts'
import { verifyInclusion } from '../../src/standards/merkle.ts'
import { openNote, parseCheckpoint } from '../../src/standards/signed-note.ts'
import { leafHashOf } from '../parties/audit-leaf.ts'
import type { Party } from '../parties/party.ts'
import { expectStatus } from '../parties/story.ts'
import type { Joined } from './acts.ts'
import type { Scene } from './scene.ts'
import type { Saw } from './step.ts'

/** Auditors of both sides list the worker's consents and accesses, pair them, and prove one record in the log. */
export async function audits(scene: Scene, joined: Joined, saw: Saw): Promise<void> {
  const { town } = scene
  for (const [side, auditor, subject] of [
    ['hospital', town.hospitalAuditor, joined.hospital.subject],
    ['employer', town.employerAuditor, joined.hr.subject]
  ] as const) {
    const consents = new Set((await listed<Consent>(auditor, 'Consent', subject)).map(consent => consent.id!))
    const disclosures = (await listed<AuditEvent>(auditor, 'AuditEvent', subject, '&subtype=document-disclose')).filter(
      toRecipient
    )
    const unpaired = disclosures.filter(event => !consentsOf(event).every(id => consents.has(id)))
    saw(
      `${side}: ${disclosures.length} disclosures, each with a consent of ${consents.size}`,
      disclosures.length > 0 && unpaired.length === 0
    )
    await prove(scene, auditor, disclosures[0]!)
    saw(`${side}: a record opened and proven in the log`)
  }
}

async function listed<Found>(auditor: Party, type: string, subject: string, more = ''): Promise<readonly Found[]> {
  const query = `patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${subject}`)}&_count=100${more}`
  const { body } = expectStatus(await auditor.get<Bundle>(`/fhir/${type}?${query}`), 200)
  return (body.entry ?? []).map(entry => entry.resource as Found)
}

const consentsOf = (event: AuditEvent): readonly string[] =>
  (event.entity ?? []).flatMap(({ what }) =>
    what?.reference?.startsWith('Consent/') ? [what.reference.slice('Consent/'.length)] : []
  )

/** Authors and the worker read their own without a release. */
const toRecipient = (event: AuditEvent): boolean => consentsOf(event).length > 0

/** @throws Error where the record is not in the log as its checkpoint says */
async function prove({ trust }: Scene, auditor: Party, event: AuditEvent): Promise<void> {
  const read = expectStatus(await auditor.get(`/fhir/AuditEvent/${event.id}`), 200)
  const { parameter = [] } = expectStatus(
    await auditor.get<Parameters>(`/fhir/AuditEvent/${event.id}/$proof`),
    200
  ).body
  const text = (name: string) => parameter.find(each => each.name === name)!.valueString!
  const head = parseCheckpoint(openNote(text('checkpoint'), [trust.log]).text)
  const leaf = leafHashOf({
    id: event.id!,
    time: event.recorded!,
    key: text('key'),
    record: encodeBase64url(read.bytes)
  })
  const proof = parameter.filter(each => each.name === 'inclusion').map(each => decodeBase64url(each.valueString!))
  const index = parameter.find(each => each.name === 'index')!.valueInteger!
  if (!verifyInclusion(leaf, index, head.size, proof, head.root)) throw new Error('the record is not in the log')
}
