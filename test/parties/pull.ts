import type { Bundle, DocumentReference } from '@medplum/fhirtypes'
import { canonicalBase } from '../../src/document/canonical.ts'
import { type PlainAnswers, toPlain } from '../../src/forms/plain.ts'
import { type GatewaySignature, verifyGatewaySignature } from '../../src/signature/verify-gateway.ts'
import { publishedView } from './forms.ts'
import type { GatewayTrust } from './gateway-trust.ts'
import type { Answered, Party } from './party.ts'
import { responseOf } from './records.ts'
import { documentOf, expectStatus } from './story.ts'
import { type Receipt, verifyReceipt } from './verify-receipt.ts'
import type { WebhookReceiver } from './webhook-receiver.ts'

/** A document as a recipient's system has it after it looked at every part of it. */
export interface Pulled {
  readonly reference: DocumentReference & { readonly id: string }
  readonly bundle: Bundle
  readonly bytes: Buffer
  /** canonical of the view form it stands on, without the base */
  readonly form: string
  readonly answers: PlainAnswers
  readonly signature: GatewaySignature
  readonly receipt: Receipt
}

/**
 * What a recipient's system does by itself: it is told by webhook that something is there, and pulls it with a token of
 * its own.
 * @throws Error saying what does not hold
 */
export async function pullWhenTold(party: Party, receiver: WebhookReceiver, trust: GatewayTrust): Promise<Pulled> {
  const told = await receiver.next()
  if (told.topic !== 'document-available') throw new Error(`told of ${told.topic}`)
  if (!told.focus.startsWith(`${party.file.baseUrl}/DocumentReference/`)) throw new Error('told of another place')
  const answered = await party.get<Pulled['reference']>(new URL(told.focus).pathname)
  return pull(party, expectStatus(answered, 200).body, trust)
}

/**
 * Reads a derived document and checks it: the gateway's signature, the form it stands on, and the receipt of this very
 * disclosure over the bytes that came.
 * @throws Error saying what does not hold
 */
export async function pull(party: Party, found: DocumentReference, trust: GatewayTrust): Promise<Pulled> {
  const reference = found as Pulled['reference']
  const { bytes, body: bundle } = expectStatus(await documentOf(party, reference), 200)
  const { size } = reference.content[0]!.attachment
  if (size !== bytes.byteLength) throw new Error(`${size} bytes were announced, ${bytes.byteLength} came`)
  if (bytes.byteLength % 4096 !== 0) throw new Error('the size of the document tells something')
  const signature = verifyGatewaySignature(bundle, trust.keys)
  if (signature.type !== 'derived' || signature.signer.value !== trust.issuer)
    throw new Error('not derived by this gateway')
  const response = responseOf(bundle)
  const [, id, version] = /\/([a-z-]+)\|(\d+)$/u.exec(response.questionnaire!)!
  const form = publishedView(id!, version!)
  const redacted = response.meta?.security?.some(({ code }) => code === 'REDACTED') ?? false
  const errors = form.check(response, { root: 'response', redacted }).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(`not valid on ${form.canonical}: ${errors.map(each => each.rule).join(', ')}`)
  const receipt = await receiptOfReading(party, reference.id, bytes, trust)
  const name = form.canonical.slice(`${canonicalBase}/Questionnaire/`.length)
  return { reference, bundle, bytes, form: name, answers: toPlain(form, response), signature, receipt }
}

/** The receipt of a document that this party sent or read, checked against the bytes. */
export async function receiptOfReading(
  party: Party,
  id: string,
  bytes: Uint8Array,
  trust: GatewayTrust
): Promise<Receipt> {
  const answered: Answered = await party.get(`/fhir/DocumentReference/${id}/$receipt`, {
    headers: { accept: 'application/jose' }
  })
  return verifyReceipt(expectStatus(answered, 200).text, bytes, trust)
}
