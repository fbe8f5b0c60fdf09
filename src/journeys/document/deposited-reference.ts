import type { DocumentReference } from '@medplum/fhirtypes'
import type { Recorded, Repeated } from '../../document/stages.ts'
import { originalReference } from '../../view/metadata.ts'
import type { Parts } from '../parts.ts'
import { describeSignature } from './describe-signature.ts'
import { referenceOf, sha1 } from './search.ts'

/** What the answer to a deposit says of it, with the receipt. A fresh one is described from what is at hand, without reading. */
export async function depositedReference(parts: Parts, recorded: Recorded | Repeated): Promise<DocumentReference> {
  const { id, receipt, document, kind, version, bytes } = recorded
  const { subject } = document
  if (!('permit' in recorded) || !recorded.isNew) {
    const stored = (await parts.documents.document(id))!
    const snapshot = (await parts.cases.byId(stored.case))!
    return referenceOf(parts, { as: 'author', document: stored, snapshot, subject }, { bytes, receipt })
  }
  return originalReference({
    id,
    kind,
    version,
    caseSubject: subject,
    case: recorded.permit.case.identifier,
    author: recorded.caller.organization,
    baseUrl: parts.baseUrl,
    size: bytes.byteLength,
    hash: sha1(bytes),
    at: recorded.recordedAt,
    identifier: document.identifier,
    creation: document.composition.date,
    replaces: recorded.replaces,
    isReplaced: false,
    deliveries: recorded.openTo.map(recipient => ({ recipient, state: 'accepted' })),
    signature: describeSignature(parts, kind, recorded.signature, false),
    receipt
  })
}
