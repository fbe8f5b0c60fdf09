import { X509Certificate } from 'node:crypto'
import type { JWK } from 'jose'
import { encodeBase64url } from '../../standards/base64url.ts'

/** Attributes of a public key as PKCS#11 has them; those that its type lacks are undefined. */
export interface PublicAttributes {
  /** CKA_EC_PARAMS: DER of the curve's OID, or its name as PrintableString */
  readonly ecParams: Buffer | undefined
  /** CKA_EC_POINT: the point as DER OCTET STRING; older modules leave the wrapping out */
  readonly ecPoint: Buffer | undefined
  readonly modulus: Buffer | undefined
  readonly publicExponent: Buffer | undefined
}

const curves = [
  { crv: 'P-256', params: '06082a8648ce3d030107', bytes: 32 },
  { crv: 'P-384', params: '06052b81040022', bytes: 48 }
] as const
/** PrintableString `edwards25519` (PKCS#11 3.0 section 2.3.5), and the OID of RFC 8410 */
const ed25519 = ['130c656477617264733235353139', '06032b6570']

/**
 * @returns the public key, its members alone
 * @see PKCS#11 3.0 current mechanisms section 2.3.3, 2.3.5, 2.1.2; RFC 7518 section 6; RFC 8037 section 2
 */
export function publicJwk({ ecParams, ecPoint, modulus, publicExponent }: PublicAttributes): JWK | undefined {
  if (modulus && publicExponent) return { kty: 'RSA', e: integer(publicExponent), n: integer(modulus) }
  if (!ecParams || !ecPoint) return undefined
  const params = ecParams.toString('hex')
  if (ed25519.includes(params)) {
    const x = unwrapped(ecPoint, 32)
    return x && { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(x) }
  }
  const curve = curves.find(each => each.params === params)
  const point = curve && unwrapped(ecPoint, 1 + 2 * curve.bytes)
  if (point?.[0] !== uncompressed) return undefined
  const [x, y] = [point.subarray(1, 1 + curve!.bytes), point.subarray(1 + curve!.bytes)]
  return { kty: 'EC', crv: curve!.crv, x: encodeBase64url(x), y: encodeBase64url(y) }
}

const uncompressed = 0x04
const octetString = 0x04

function unwrapped(point: Buffer, size: number): Buffer | undefined {
  if (point.length === size) return point
  return point.length === size + 2 && point[0] === octetString && point[1] === size ? point.subarray(2) : undefined
}

/** Without leading zeros, as RFC 7518 section 2 (Base64urlUInt) wants it. */
function integer(bytes: Buffer): string {
  const first = bytes.findIndex(byte => byte !== 0)
  return encodeBase64url(first < 0 ? bytes.subarray(-1) : bytes.subarray(first))
}

/** The key that a certificate beside a private key is for; cards often hold no public key of its own. */
export function certifiedJwk(der: Buffer): JWK {
  const { kty, crv, x, y, n, e } = new X509Certificate(der).publicKey.export({ format: 'jwk' }) as JWK
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as JWK
}
