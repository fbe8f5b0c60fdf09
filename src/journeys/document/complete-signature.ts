import type { Bundle } from '@medplum/fhirtypes'
import type { Identifier } from '../../document/ids.ts'
import type { Identified, Recorded, Repeated } from '../../document/stages.ts'
import { receive } from '../../receive/receive.ts'
import { certifiedAuthor, completeSignature, type MadeElsewhere, readMadeElsewhere } from '../../signature/complete.ts'
import { wellForm } from '../../validate/well-form.ts'
import { type DepositParts, deposit } from './deposit.ts'
import { bytesOfSent, type SentDocument } from './prepare-signature.ts'

/**
 * Puts a signature that was made elsewhere into its document and deposits that: the whole path, as if the author had sent it
 * so (contract §6.7). The same document and JWS give the same bytes, so that a repeat is one.
 * @param bundleJws detached compact
 * @returns `bytes` are what is recorded
 * @throws Refusal as `deposit`
 */
export async function completeDocument(
  parts: DepositParts,
  identified: Identified,
  sent: SentDocument,
  bundleJws: string
): Promise<Recorded | Repeated> {
  const bytes = bytesOfSent(sent)
  const made = readMadeElsewhere(bundleJws)
  const who = made.who ?? (await signerOf(parts, identified, bytes, made))
  // deposit looks at every member of it
  const signed = completeSignature(sent.value as Bundle, made, who)
  return deposit(parts, identified, Buffer.from(JSON.stringify(signed)))
}

/** Who signed with a header of their own making: the author whose number the certificate bears, else the organisation. */
async function signerOf(
  parts: DepositParts,
  identified: Identified,
  bytes: Uint8Array,
  { x5c, when }: MadeElsewhere
): Promise<Identifier> {
  const { organizationIdentifier } = identified.caller
  if (x5c === undefined) return organizationIdentifier
  const { bundle } = wellForm(receive(identified, bytes, parts.limits), parts.validation).document
  return (await certifiedAuthor(bundle, x5c, when, parts.certificates)) ?? organizationIdentifier
}
