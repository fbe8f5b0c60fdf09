import type { Provenance } from '@medplum/fhirtypes'
import type { DocumentId } from '../../document/ids.ts'
import type { Evidence } from '../../record/ports.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import type { Parts } from '../parts.ts'
import type { Confirmation } from '../ports.ts'

/** A recorded document, or one about to be recorded, as a statement over it needs it. */
export interface Stated {
  readonly id: DocumentId
  readonly key: Uint8Array
  /** SHA-256 of the bytes */
  readonly digest: Uint8Array
}

/**
 * What the gateway attests of a party that confirmed a document in a session: a Provenance with one signature over the
 * SHA-256 of the bytes, sealed under the document's key and kept beside it.
 * @param at time of the commit that it is part of
 */
export async function statementRow(
  parts: Parts,
  document: Stated,
  slot: string,
  by: Confirmation,
  at: number
): Promise<Evidence['statement']> {
  const id = parts.newId()
  const who = { reference: `PractitionerRole/${by.party}` }
  const provenance: Provenance = {
    resourceType: 'Provenance',
    id,
    target: [{ reference: `DocumentReference/${document.id}` }],
    recorded: toInstant(at),
    agent: [{ who }],
    signature: [
      {
        type: [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.14' }],
        when: toInstant(by.at),
        who,
        sigFormat: 'application/jose',
        data: await attestation(parts, document, slot, by)
      }
    ]
  }
  const sealed = parts.record.keyring.seal(document.key, `statement|${id}`, Buffer.from(JSON.stringify(provenance)))
  return { id, document: document.id, slot, organization: by.organization, assurance: 'attested', sealed, at }
}

/** Base64 of a compact JWS by the gateway's document key: this party confirmed these bytes in this slot at this time. */
async function attestation(
  parts: Parts,
  { digest }: Stated,
  slot: string,
  { party, at }: Confirmation
): Promise<string> {
  const signer = parts.documentSigner()
  const { alg, kid } = signer
  const header = encodeBase64url(
    Buffer.from(JSON.stringify({ alg, kid, typ: 'ryoritsu-attestation+jws', iss: parts.baseUrl }))
  )
  const claims = { sha256: encodeBase64url(digest), slot, party: `PractitionerRole/${party}`, time: toInstant(at) }
  const payload = encodeBase64url(Buffer.from(JSON.stringify(claims)))
  const signature = await signer.sign(Buffer.from(`${header}.${payload}`))
  return Buffer.from(`${header}.${payload}.${encodeBase64url(signature)}`).toString('base64')
}
