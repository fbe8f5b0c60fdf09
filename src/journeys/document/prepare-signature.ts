import type { Identified } from '../../document/stages.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { receive } from '../../receive/receive.ts'
import { prepareSignature, type SigningWish } from '../../signature/prepare.ts'
import { requireAssurance } from '../../signature/qualification.ts'
import { expressionOf } from '../../validate/place.ts'
import { wellForm } from '../../validate/well-form.ts'
import { type DepositParts, identifierMacOf, permitOf, placeOf, trustOf } from './deposit.ts'

export type { SigningWish }

/** A document to be signed elsewhere, as it came within another resource. */
export interface SentDocument {
  readonly value: object
  /** JSON pointer, from the document, of a number that does not print as it was written */
  readonly ambiguousAt: string | undefined
}

/**
 * The document as bytes: what was sent may have spaces and escapes of its own, what is signed is the same.
 * @throws Refusal `ambiguous-number`; `parameter-invalid` where it is signed already
 */
export function bytesOfSent({ value, ambiguousAt }: SentDocument): Uint8Array {
  if (ambiguousAt !== undefined) throw new Refusal('ambiguous-number', { at: [expressionOf('Bundle', ambiguousAt)] })
  if (Object.hasOwn(value, 'signature')) throw new Refusal('parameter-invalid', { at: ['Bundle.signature'] })
  return Buffer.from(JSON.stringify(value))
}

/**
 * Says what an author has to sign elsewhere, after every station of a deposit but the signature itself has been passed
 * (contract §6.7). Nothing is stored; what deposit would refuse is refused now.
 * @returns ASCII of `header.payload`
 * @throws Refusal as `deposit`; `document-identifier-reused` also where these very answers were recorded before, since their
 *   new signature would make them other bytes
 */
export async function prepareDocument(
  parts: DepositParts,
  identified: Identified,
  sent: SentDocument,
  wish: SigningWish
): Promise<string> {
  const wellFormed = wellForm(receive(identified, bytesOfSent(sent), parts.limits), parts.validation)
  const { input, unsigned, result } = await prepareSignature(wellFormed, wish, trustOf(parts, identified))
  const { caller, document, kind } = wellFormed
  requireAssurance(kind, result, parts.signaturePolicy)
  await placeOf(parts, { ...wellFormed, permit: await permitOf(parts, wellFormed) })
  if (await parts.documents.byIdentifierMac(identifierMacOf(parts, caller, document.identifier))) {
    throw new Refusal('document-identifier-reused', { at: ['Bundle.identifier'] })
  }
  const size = Buffer.byteLength(JSON.stringify(unsigned)) + longestSignature
  if (size > parts.limits.maxDocumentBytes) throw new Refusal('too-large')
  return input
}

/** RSA of 8192 bits, in base64url within base64. */
const longestSignature = 1822
