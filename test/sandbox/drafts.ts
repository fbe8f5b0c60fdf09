import type { Bundle, OperationOutcome } from '@medplum/fhirtypes'
import type { PlainAnswers } from '../../src/forms/plain.ts'
import { verifyGatewaySignature } from '../../src/signature/verify-gateway.ts'
import { canonicalize } from '../../src/standards/jcs.ts'
import { takeFromRecords } from '../parties/records.ts'
import { expectStatus } from '../parties/story.ts'
import { verifyReceipt } from '../parties/verify-receipt.ts'
import { type Joined, leafOf } from './acts.ts'
import type { Scene } from './scene.ts'
import type { Saw } from './step.ts'

interface Draft {
  readonly state: string
  readonly answers: PlainAnswers
  readonly issues: OperationOutcome['issue']
}

/**
 * HR writes a draft on its platform, which has no keys; HR and worker confirm the same words; the gateway signs, records and
 * gives a receipt.
 * @returns id of the document, and the answers that both confirmed
 */
export async function draftAndConfirm(
  { town, records, trust, story }: Scene,
  joined: Pick<Joined, 'hr' | 'worker'>,
  name: 'work-information' | 'plan',
  saw: Saw
): Promise<{ readonly id: string; readonly answers: PlainAnswers }> {
  const kind = name === 'plan' ? 'support-plan' : name
  const { path, version, answers } = await takeFromRecords(records, `${kind}/${story.slug}.json`)
  saw(`${path} is what its author signed`)
  const at = `/api/v1/cases/${joined.hr.id}/${name}`
  const { body: written } = expectStatus(await town.hr.put<Draft>(at, { version, answers }), 200)
  saw('draft written, nothing missing', written.state === 'draft' && written.issues.length === 0)
  const { body: first } = expectStatus(await town.hr.post<Draft>(`${at}/confirm`, {}), 200)
  saw('confirmed by the employer, no document yet', first.state === 'confirmed-by-employer')
  const { body: shown } = expectStatus(await town.worker.get<Draft>(at), 200)
  saw('the worker reads it word for word', canonicalize(shown.answers) === canonicalize(answers))
  const { body } = expectStatus(await town.worker.post<{ id: string; receipt: string }>(`${at}/confirm`, {}), 201)
  const document = expectStatus(await town.worker.get<Bundle>(`/fhir/Bundle/${body.id}`), 200)
  const { type } = verifyGatewaySignature(document.body, trust.keys)
  saw('confirmed by the worker, attested by the gateway’s signature', type === 'attested')
  saw(`receipt in the log (${leafOf(verifyReceipt(body.receipt, document.bytes, trust))})`)
  return { id: body.id, answers }
}
