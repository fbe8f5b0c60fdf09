import type { DocumentReference } from '@medplum/fhirtypes'
import { signWithChain } from '../../fixtures/signers.ts'
import { extensionUrl } from '../../src/document/canonical.ts'
import { medicalRegistrationSystem } from '../../src/document/identifier.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { expectStatus } from '../parties/story.ts'
import { type Deposited, isRefused } from './acts.ts'
import type { Scene } from './scene.ts'
import type { Saw } from './step.ts'

/** A card that the pretend authority gives the physician of the story. @returns `x5c` */
export function newCard({ story, certification }: Scene): Promise<readonly string[]> {
  const { registration, name } = story.physician
  return certification.certify(`physician-${registration}`, name, registration)
}

/** The same document under a card that was reported stolen an hour ago. */
export async function stolenCard(scene: Scene, sent: Deposited, saw: Saw): Promise<void> {
  const { town, story, certification } = scene
  const card = await newCard(scene)
  certification.revoke(card, new Date(Date.now() - 3_600_000), 1)
  const { registration } = story.physician
  const signing = { who: { system: medicalRegistrationSystem, value: registration }, when: toInstant(Date.now()) }
  const { signature: _, ...unsigned } = sent.bundle
  const bundle = signWithChain(unsigned, signing, `physician-${registration}`, card)
  const refused = await town.hospital.post('/fhir/Bundle', bundle)
  saw('a card that was revoked: 422 certificate-revoked', isRefused(refused, 422, 'certificate-revoked'))
  saw('the authority was asked by OCSP', certification.asked.includes('/ocsp'))
}

/** What the worker reads of the signature, once it is stamped. */
export async function qualifiedSignature({ town }: Scene, opinion: Deposited, saw: Saw): Promise<void> {
  const { body } = expectStatus(
    await town.hospital.get<DocumentReference>(`/fhir/DocumentReference/${opinion.id}`),
    200
  )
  const parts = body.extension?.find(({ url }) => url === extensionUrl('signature-assurance'))?.extension ?? []
  const said = (name: string) => parts.find(({ url }) => url === name)
  saw('certificate, hcRole, policy, revocation and time-stamp: qualified', said('level')?.valueCode === 'qualified')
  saw('not revoked when it signed', said('revocation')?.valueCode === 'good')
  saw('it may be called 診断書', said('medical-certificate')?.valueBoolean === true)
}
