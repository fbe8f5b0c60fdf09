import type { Bundle, DocumentReference } from '@medplum/fhirtypes'
import { caseSubjectSystem, caseSystem, codeSystem, extensionUrl } from '../document/canonical.ts'
import type { DocumentId, Identifier, Instant, OrganizationId, PartyId, ViewId } from '../document/ids.ts'
import type { Kind } from '../document/kind.ts'
import type { Assurance, RevocationResult } from '../document/signature-result.ts'
import { signingTimeOf, type Timestamp } from '../document/timestamp.ts'
import { toInstant } from '../standards/fhir-time.ts'

/** States of a delivery as the worker, the operator and the sender may see them (contract §6.4). */
export type DeliveryState = 'accepted' | 'notified' | 'retrieved' | 'acknowledged' | 'failed' | 'stopped'

interface Described {
  readonly kind: Kind
  /** version of the form */
  readonly version: string
  /** the reader's own value in `{c}/IdSystem/case-subject` */
  readonly caseSubject: string
  /** value in `{c}/IdSystem/case` */
  readonly case: string
  /** the organisation that wrote it */
  readonly author: OrganizationId
  /** base of this gateway, without `/fhir` */
  readonly baseUrl: string
  /** of the bytes that this reader gets: how many, and their SHA-1 in base64 (Attachment.hash of R4) */
  readonly size: number
  readonly hash: string
  /** when the document became visible to the reader */
  readonly at: Instant
}

export interface OriginalDescribed extends Described {
  readonly id: DocumentId
  /** Bundle.identifier */
  readonly identifier: Identifier
  /** Composition.date */
  readonly creation: string | undefined
  readonly replaces: DocumentId | undefined
  readonly isReplaced: boolean
  /** over its signature, and where the token lies; undefined: none yet, so that the time of signing is that of receipt (`date`) */
  readonly stamp?: { readonly timestamp: Timestamp; readonly url: string } | undefined
  /** what stands behind the author's signature (document/signature-policy.ts) */
  readonly signature: SignatureDescribed
  /** compact JWS; in the answer to a deposit only */
  readonly receipt?: string
  readonly deliveries: readonly { readonly recipient: PartyId; readonly state: DeliveryState }[]
}

export interface SignatureDescribed {
  readonly assurance: Assurance
  /** undefined: signed without a certificate */
  readonly revocation: RevocationResult['status'] | undefined
  /** whether the document may be called 診断書 */
  readonly isMedicalCertificate: boolean
}

export interface DerivedDescribed extends Described {
  readonly id: ViewId
  /** the derived document itself; what describes it is taken from nothing else */
  readonly bundle: Bundle
  /** the view that this one took the place of */
  readonly replaces: ViewId | undefined
}

/** The original's DocumentReference, for its author and the worker (contract §6.4). */
export function originalReference(original: OriginalDescribed): DocumentReference {
  const { receipt, deliveries, stamp, signature } = original
  const signedAt = signingTimeOf({ recordedAt: original.at, timestamp: stamp?.timestamp })
  return reference(original, original.identifier, original.creation, original.isReplaced, [
    { url: extensionUrl('assurance'), valueCode: 'original' },
    ...(receipt === undefined ? [] : [{ url: extensionUrl('receipt'), valueString: receipt }]),
    assuranceExtension(signature),
    { url: extensionUrl('signature-time'), valueInstant: toInstant(signedAt) },
    ...(stamp ? [timestampExtension(stamp)] : []),
    ...deliveries.map(({ recipient, state }) => ({
      url: extensionUrl('delivery'),
      extension: [
        { url: 'recipient', valueReference: { reference: `PractitionerRole/${recipient}` } },
        { url: 'state', valueCode: state }
      ]
    }))
  ])
}

/** Of originals only: to a recipient it would be something computed over the original. */
function assuranceExtension({ assurance, revocation, isMedicalCertificate }: SignatureDescribed) {
  return {
    url: extensionUrl('signature-assurance'),
    extension: [
      { url: 'level', valueCode: assurance },
      ...(revocation === undefined ? [] : [{ url: 'revocation', valueCode: revocation }]),
      { url: 'medical-certificate', valueBoolean: isMedicalCertificate }
    ]
  }
}

function timestampExtension({ timestamp, url }: NonNullable<OriginalDescribed['stamp']>) {
  const { time, accuracy, policy, authority } = timestamp
  return {
    url: extensionUrl('timestamp'),
    extension: [
      { url: 'time', valueInstant: toInstant(time) },
      { url: 'accuracy', valueUnsignedInt: accuracy },
      { url: 'policy', valueOid: `urn:oid:${policy}` },
      { url: 'authority', valueString: authority },
      { url: 'token', valueUrl: url }
    ]
  }
}

/**
 * A recipient's DocumentReference, built from the derived document alone: its own id, identifier, size and hash, and
 * the day of creation. Its assurance is `gateway`: the gateway attests that the author signed the original.
 */
export function derivedReference(derived: DerivedDescribed): DocumentReference {
  const { system, value } = derived.bundle.identifier ?? {}
  const composition = derived.bundle.entry?.[0]?.resource
  if (!system || !value || composition?.resourceType !== 'Composition') throw new TypeError('no derived document')
  const extension = [{ url: extensionUrl('assurance'), valueCode: 'gateway' }]
  return reference(derived, { system, value }, composition.date, false, extension)
}

function reference(
  described: OriginalDescribed | DerivedDescribed,
  identifier: Identifier,
  creation: string | undefined,
  isReplaced: boolean,
  extension: NonNullable<DocumentReference['extension']>
): DocumentReference {
  const { id, kind, version, caseSubject, author, baseUrl, size, hash, at, replaces } = described
  const attachment = { contentType: 'application/fhir+json', language: 'ja', url: `${baseUrl}/fhir/Bundle/${id}` }
  return {
    resourceType: 'DocumentReference',
    id,
    extension,
    masterIdentifier: { system: identifier.system, value: identifier.value },
    status: isReplaced ? 'superseded' : 'current',
    type: { coding: [{ system: codeSystem('document-kind'), code: kind.code, display: kind.title.ja }] },
    subject: { identifier: { system: caseSubjectSystem, value: caseSubject } },
    date: toInstant(at),
    author: [{ reference: `Organization/${author}` }],
    ...(replaces ? { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${replaces}` } }] } : {}),
    securityLabel: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] }],
    content: [
      {
        attachment: { ...attachment, size, hash, ...(creation === undefined ? {} : { creation }) },
        format: { system: codeSystem('document-format'), code: `${kind.code}-${version}` }
      }
    ],
    context: { related: [{ identifier: { system: caseSystem, value: described.case } }] }
  }
}
