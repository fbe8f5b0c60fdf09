import type { KeyObject } from 'node:crypto'
import type { Bundle } from '@medplum/fhirtypes'
import type { Identifier } from '../document/ids.ts'
import type { Signer } from '../document/signer.ts'
import { encodeBase64 } from '../standards/base64.ts'
import { type Algorithm, detached, type JwsHeader, signInput, signingInput } from '../standards/jws.ts'
import {
  canonicalization,
  type SignatureType,
  signatureTypeSystem,
  type signatureTypes,
  signedForm,
  targetFormat
} from './signed-form.ts'

/** What a signature over a document says; exactly one of `kid` and `x5c`. */
export interface SignatureClaims {
  readonly alg: Algorithm
  readonly kid?: string
  /** base64 DER, leaf first */
  readonly x5c?: readonly string[]
  /** instant, e.g. `2026-09-10T11:25:00.000+09:00`; stands in the header letter by letter */
  readonly when: string
  readonly who: Identifier
  readonly typeCode: SignatureType
  readonly typ?: string
  /** who signs, where the signature is a gateway's; see `signAsGateway` */
  readonly iss?: string
}

/** The protected header (contract §6.1). */
export function signatureHeader({ alg, kid, x5c, when, typeCode, typ = 'JOSE', iss }: SignatureClaims): JwsHeader {
  if ((kid === undefined) === (x5c === undefined)) throw new TypeError('exactly one of kid and x5c')
  return {
    alg,
    ...(kid !== undefined && { kid }),
    ...(x5c !== undefined && { x5c }),
    typ,
    ...(iss !== undefined && { iss }),
    sigT: when,
    canon: canonicalization,
    srCms: [{ commId: { id: `urn:oid:${typeCode}` } }]
  }
}

/** @returns ASCII of `header.payload`: what has to be signed, wherever the key is (contract §6.7) */
export function documentSigningInput(bundle: Bundle, header: JwsHeader): string {
  return signingInput(header, signedForm(bundle))
}

/** @returns the Bundle with its signature; any signature that it had is replaced, `id` and `meta` stay as they are */
export function signDocument(
  bundle: Bundle,
  { key, ...claims }: SignatureClaims & { readonly key: KeyObject }
): Bundle {
  const input = documentSigningInput(bundle, signatureHeader(claims))
  return withSignature(bundle, claims, input, signInput(claims.alg, input, key))
}

/** What a gateway signs for: a draft that its people confirmed (`attested`), or a recipient's view (`derived`). */
export interface GatewayClaims {
  /** instant; the time of the gateway's clock */
  readonly when: string
  /** base URL of the gateway: `who`, and `iss` of the header, which makes it part of what is signed */
  readonly issuer: string
  readonly typeCode: Exclude<SignatureType, typeof signatureTypes.author>
}

/** @returns the Bundle signed by a key of the gateway; what `verifyGatewaySignature` accepts */
export async function signAsGateway(signer: Signer, bundle: Bundle, claims: GatewayClaims): Promise<Bundle> {
  const { alg, kid } = signer
  const { when, issuer, typeCode } = claims
  const all: SignatureClaims = { alg, kid, when, typeCode, iss: issuer, who: gatewayIdentifier(issuer) }
  const input = documentSigningInput(bundle, signatureHeader(all))
  return withSignature(bundle, all, input, await signer.sign(Buffer.from(input, 'latin1')))
}

/** How a gateway is named in `Signature.who`: by its base URL. */
export function gatewayIdentifier(issuer: string): Identifier {
  return { system: 'urn:ietf:rfc:3986', value: issuer }
}

/** Puts a signature, made over `input` wherever its key is, into its document. */
export function withSignature(
  bundle: Bundle,
  claims: Pick<SignatureClaims, 'when' | 'who' | 'typeCode'>,
  input: string,
  signature: Uint8Array
): Bundle {
  return withDetached(bundle, claims, detached(input, signature))
}

/** @param jws detached compact: `header..signature` */
export function withDetached(
  bundle: Bundle,
  { when, who, typeCode }: Pick<SignatureClaims, 'when' | 'who' | 'typeCode'>,
  jws: string
): Bundle {
  return {
    ...bundle,
    signature: {
      type: [{ system: signatureTypeSystem, code: typeCode }],
      when,
      who: { identifier: { system: who.system, value: who.value } },
      targetFormat,
      sigFormat: 'application/jose',
      data: encodeBase64(Buffer.from(jws, 'latin1'))
    }
  }
}
