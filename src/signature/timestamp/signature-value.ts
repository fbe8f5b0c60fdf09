import type { Bundle } from '@medplum/fhirtypes'
import { decodeBase64 } from '../../standards/base64.ts'

/**
 * What a time-stamp over a document's signature is of: the ASCII of the base64url signature value, the third part of the JWS. So
 * the token can stand as `sigTst` in the `etsiU` of the same signature.
 * @returns undefined for a Bundle that bears no detached JWS
 * @see ETSI TS 119 182-1 section 5.3.4
 */
export function signatureValue({ signature }: Pick<Bundle, 'signature'>): Buffer | undefined {
  try {
    const [, payload, value] = decodeBase64(signature?.data ?? '')
      .toString('latin1')
      .split('.')
    return payload === '' && value ? Buffer.from(value, 'latin1') : undefined
  } catch {
    return undefined
  }
}
