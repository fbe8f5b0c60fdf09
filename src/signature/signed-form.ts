import type { Bundle } from '@medplum/fhirtypes'
import { canonicalBytes } from '../standards/jcs.ts'

/** The canonicalisation of documents that HL7 names: RFC 8785, root `id` and `meta` left out. */
export const canonicalization = 'http://hl7.org/fhir/canonicalization/json#document'
export const targetFormat = `application/fhir+json;canonicalization=${canonicalization}`
export const signatureTypeSystem = 'urn:iso-astm:E1762-95:2013'

/** Codes of ASTM E1762 in use here (standards §5.1): author, source (attested for an author), modification (derived). */
export const signatureTypes = {
  author: '1.2.840.10065.1.12.1.1',
  attested: '1.2.840.10065.1.12.1.14',
  derived: '1.2.840.10065.1.12.1.16'
} as const
export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes]

/**
 * What a document's signature is over (contract §6.1): RFC 8785 of the Bundle without `id`, `meta` and `signature`.
 * `id` and `meta` of entries are in it, so a server that stamps them breaks the signature.
 * @throws TypeError for what is not JSON; nothing that `standards/json.ts` has read
 * @see http://hl7.org/fhir/R4/json.html#canonical
 */
export function signedForm(bundle: Bundle): Buffer {
  return canonicalBytes({ ...bundle, id: undefined, meta: undefined, signature: undefined })
}
