import type { Bundle } from '@medplum/fhirtypes'
import type { Identifier } from '../document/ids.ts'
import type { SignatureResult } from '../document/signature-result.ts'
import type { WellFormed } from '../document/stages.ts'
import { readBlock } from './block.ts'
import type { SignatureTrust } from './ports.ts'
import { Faults, refusalFor } from './rules.ts'
import { documentSigningInput, signatureHeader, withSignature } from './sign.ts'
import { signatureTypes, signedForm } from './signed-form.ts'
import { authorAlgorithms, requireSigner, resultOf } from './verify.ts'

/** Who wants to sign a document elsewhere, and with what; exactly one of `kid` and `x5c`. */
export interface SigningWish {
  readonly alg: string
  readonly kid?: string
  /** base64 DER, leaf first */
  readonly x5c?: readonly string[]
  /** instant; signed letter by letter */
  readonly when: string
  readonly who: Identifier
}

/**
 * What an author has to sign with a key that this gateway never sees, once everything has been looked at that deposit will
 * look at, but for the signature: nobody takes out a card for what would be refused.
 *
 * The header carries `who` as `iss`, so that `$complete-signature` needs nothing but the document and the JWS.
 * @returns `input`: ASCII of `header.payload`; `unsigned`: the document as it will be, but for the bytes of the signature;
 *   `result`: what will be put down about the signature
 * @throws Refusal as `verifyAuthor`
 * @see contract §6.7; RFC 7515 section 5.1
 */
export async function prepareSignature(
  { at, caller, document }: WellFormed,
  { alg, ...wish }: SigningWish,
  trust: SignatureTrust
): Promise<{ readonly input: string; readonly unsigned: Bundle; readonly result: SignatureResult }> {
  const { bundle } = document
  const algorithm = authorAlgorithms.find(known => known === alg)
  if (!algorithm) throw refusalFor('sig-algorithm')
  const claims = { alg: algorithm, ...wish, typeCode: signatureTypes.author, iss: issuerOf(wish.who) }
  const input = documentSigningInput(bundle, signatureHeader(claims))
  // read back as a verifier will, with nothing where the signature will be
  const unsigned = withSignature(bundle, claims, input, new Uint8Array())
  const faults = new Faults()
  const block = readBlock(unsigned.signature, { types: [signatureTypes.author], algorithms: authorAlgorithms }, faults)
  const when = { verifiedAt: at, receivedAt: at, organization: caller.organizationIdentifier }
  const signing = await requireSigner(unsigned, block, faults, trust, when)
  return { input, unsigned, result: await resultOf(signing, signedForm(bundle), trust, when) }
}

/** An identifier as one text, as FHIR writes tokens: no system holds a bar. */
const issuerOf = ({ system, value }: Identifier): string => `${system}|${value}`

/** @returns undefined for what `prepareSignature` did not write */
export function whoOf(issuer: unknown): Identifier | undefined {
  const bar = typeof issuer === 'string' ? issuer.indexOf('|') : -1
  if (bar < 1) return undefined
  return { system: (issuer as string).slice(0, bar), value: (issuer as string).slice(bar + 1) }
}
