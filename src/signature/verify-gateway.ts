import { createHash } from 'node:crypto'
import type { Bundle } from '@medplum/fhirtypes'
import { extensionUrl } from '../document/canonical.ts'
import type { Identifier, Instant } from '../document/ids.ts'
import { canonicalize } from '../standards/jcs.ts'
import { type Algorithm, detachedInput, isKeyFor, verifySignature } from '../standards/jws.ts'
import { readBlock } from './block.ts'
import { Faults, refusalFor } from './rules.ts'
import { gatewayIdentifier } from './sign.ts'
import { type SignatureType, signatureTypes, signedForm } from './signed-form.ts'
import type { GatewayKey } from './trust.ts'

export interface GatewaySignature {
  /** `derived`: a recipient's view; `attested`: a draft that its people confirmed */
  readonly type: 'attested' | 'derived'
  readonly kid: string
  readonly algorithm: Algorithm
  /** the gateway, by its base URL */
  readonly signer: Identifier
  readonly signedAt: Instant
  /** SHA-256 of the canonical form, base64url */
  readonly digest: string
}

const algorithms: readonly Algorithm[] = ['ES256', 'ES384', 'RS256', 'EdDSA']
const meta = canonicalize({ profile: [extensionUrl('ryoritsu-document')] })

/**
 * The signature of a gateway over a document that it made. Here nothing may differ, not even where the signature does
 * not reach: `meta` is the profile and nothing else, there is no `id`, and `who` is the signed `iss`. So a document that
 * holds here is, but for white space and escapes, the one that the gateway wrote.
 * @param keys public keys by kid (`readGatewayKeys`); only those for documents count
 * @throws Refusal `signature-missing`, `signature-invalid`, `signature-algorithm`, `signer-unknown`
 * @see contract §6.5
 */
export function verifyGatewaySignature(bundle: Bundle, keys: ReadonlyMap<string, GatewayKey>): GatewaySignature {
  const faults = new Faults()
  const types: readonly SignatureType[] = [signatureTypes.derived, signatureTypes.attested]
  const block = readBlock(bundle.signature, { types, algorithms }, faults)
  const { jws, who } = block
  if (bundle.id !== undefined || canonicalize(bundle.meta ?? null) !== meta) faults.add('sig-unsigned')
  if (jws && who && !isIssuer(who, jws.header.iss)) faults.add('sig-issuer')
  if (block.reference !== undefined) faults.add('sig-who')
  faults.refuse()

  if (!jws || !who) throw new TypeError('a part of the signature is missing although no fault says so')
  const { alg, kid } = jws.header
  const registered = kid === undefined ? undefined : keys.get(kid)
  if (kid === undefined || registered?.purpose !== 'document') throw refusalFor('sig-key-unknown')
  if (registered.alg !== alg || !isKeyFor(alg, registered.key)) throw refusalFor('sig-key-algorithm')
  const form = signedForm(bundle)
  if (!verifySignature(alg, detachedInput(jws, form), jws.signature, registered.key)) throw refusalFor('sig-verify')

  return {
    type: block.type === signatureTypes.derived ? 'derived' : 'attested',
    kid,
    algorithm: alg,
    signer: who,
    signedAt: block.signedAt,
    digest: createHash('sha256').update(form).digest('base64url')
  }
}

function isIssuer(who: Identifier, issuer: unknown): boolean {
  if (typeof issuer !== 'string') return false
  const { system, value } = gatewayIdentifier(issuer)
  return who.system === system && who.value === value
}
