import type { Bundle } from '@medplum/fhirtypes'
import type { Identifier } from '../document/ids.ts'
import { authorsOf } from './authors.ts'
import { isInstant, readDetached } from './block.ts'
import type { CertificateCheck } from './ports.ts'
import { whoOf } from './prepare.ts'
import { Faults } from './rules.ts'
import { withDetached } from './sign.ts'
import { signatureTypes } from './signed-form.ts'
import { authorAlgorithms } from './verify.ts'

/** A signature that was made elsewhere, and what its header says of it; nothing is verified yet. */
export interface MadeElsewhere {
  /** detached compact */
  readonly jws: string
  readonly when: string
  /** as `prepareSignature` wrote it down; undefined where the author's own system made the header */
  readonly who: Identifier | undefined
  readonly x5c: readonly string[] | undefined
}

/**
 * Reads what comes back from a card, a token or a remote signer.
 * @param jws detached compact, over what `prepareSignature` gave or over the like that the author's own system made
 * @throws Refusal `signature-invalid`, `signature-algorithm` for what is no such JWS, or says no time of signing
 */
export function readMadeElsewhere(jws: string): MadeElsewhere {
  const faults = new Faults()
  const header = readDetached(jws, authorAlgorithms, faults)?.header
  const when = header?.sigT
  if (header && (typeof when !== 'string' || !isInstant.test(when))) faults.add('sig-same-time')
  faults.refuse()
  return { jws, when: when as string, who: whoOf(header?.iss), x5c: header?.x5c }
}

/**
 * Puts the signature into its document as `Bundle.signature` (contract §6.1). Whether it holds, deposit says; the same
 * document and JWS give the same Bundle.
 */
export function completeSignature(bundle: Bundle, { jws, when }: MadeElsewhere, who: Identifier): Bundle {
  return withDetached(bundle, { when, who, typeCode: signatureTypes.author }, jws)
}

/** @returns the identifier of an author that the certificate bears too, if it is a trusted one and there is such an author */
export async function certifiedAuthor(
  bundle: Bundle,
  x5c: readonly string[],
  when: string,
  certificates: CertificateCheck
): Promise<Identifier | undefined> {
  const answer = await certificates(x5c, Date.parse(when))
  if (answer.kind !== 'trusted') return undefined
  const numbers = new Set(answer.signer.identifiers)
  const known = authorsOf(bundle).flatMap(({ identifiers }) => identifiers)
  const found = known.find(({ value }) => value !== undefined && numbers.has(value))
  return found?.system === undefined ? undefined : { system: found.system, value: found.value! }
}
