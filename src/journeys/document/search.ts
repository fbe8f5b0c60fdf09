import { createHash } from 'node:crypto'
import type { Bundle, DocumentReference } from '@medplum/fhirtypes'
import type { OrganizationId } from '../../document/ids.ts'
import type { KindCode } from '../../document/kind.ts'
import { kinds } from '../../document/kinds.ts'
import { sideOfClient } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { type DeliveryState, derivedReference, originalReference } from '../../view/metadata.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import type { Page } from '../ports.ts'
import { describeSignature } from './describe-signature.ts'
import { recordHidden } from './record-hidden.ts'
import { type Visible, visibleTo } from './visible.ts'
import { visiblePage } from './visible-page.ts'

export interface DocumentQuery {
  /** value in `{c}/IdSystem/case-subject`, as the reader knows the worker; undefined: all of the reader's cases */
  readonly subject: string | undefined
  readonly status: 'current' | 'superseded' | undefined
  readonly kind: KindCode | undefined
  /** as sent, for the record */
  readonly raw: string
}

/**
 * What this reader finds; each hit is decided on like a read, and the search is recorded, under the versions of the cases that
 * were decided on, before it is answered.
 */
export async function searchDocuments(
  parts: Parts,
  asked: Asked,
  query: DocumentQuery,
  page: Page
): Promise<{ found: readonly DocumentReference[]; next: string | undefined }> {
  const { caller } = asked
  const { subject, kind, status } = query
  return decideAgain(async () => {
    const id = subject === undefined ? undefined : await parts.cases.bySubject(caller.organization, subject)
    const isNobody = subject !== undefined && id === undefined
    const { shown, next } = isNobody
      ? { shown: [], next: undefined }
      : await visiblePage(parts, asked, { case: id, kind, status }, page)
    const snapshot = id && (await parts.cases.byId(id))
    const decidedOn = new Map(shown.map(({ snapshot: { id: of, version } }) => [of, version]))
    await appendAlways(parts.record, {
      guards: [...decidedOn].map(([of, version]) => ({ kind: 'case-version', case: of, version, raise: false })),
      rows: {},
      working: {},
      audit: [
        composer(parts, asked)('document-search', {
          case: snapshot,
          organizations: [
            caller.organization,
            ...(snapshot?.members.filter(member => member.side === 'worker').map(member => member.organization) ?? [])
          ],
          entities: [{ of: 'query', raw: query.raw }]
        })
      ]
    })
    return { found: await Promise.all(shown.map(visible => referenceOf(parts, visible))), next }
  })
}

/** One DocumentReference by the id under which the reader knows it. */
export async function readReference(parts: Parts, asked: Asked, id: string): Promise<DocumentReference> {
  const visible = await visibleTo(parts, asked.caller, id, asked.at)
  if (visible.as === 'hidden') {
    await recordHidden(parts, asked, visible)
    throw new Refusal('not-found')
  }
  await appendAlways(parts.record, {
    guards: [{ kind: 'case-version', case: visible.snapshot.id, version: visible.snapshot.version, raise: false }],
    rows: {},
    working: {},
    audit: [
      composer(parts, asked)('document-search', {
        case: visible.snapshot,
        organizations: [asked.caller.organization],
        entities: [{ of: 'query', raw: `DocumentReference/${id}` }]
      })
    ]
  })
  return referenceOf(parts, visible)
}

/** Metadata as the reader gets it: of a derived document from itself alone. */
export async function referenceOf(
  parts: Parts,
  visible: Visible,
  /** of a deposit that was just made: its bytes need not be read again */
  made?: { readonly bytes: Uint8Array; readonly receipt: string }
): Promise<DocumentReference> {
  const { snapshot, subject } = visible
  const { baseUrl } = parts
  if (visible.as === 'recipient') {
    const { view } = visible
    const bytes = await parts.documents.viewBytes(view.id)
    return derivedReference({
      id: view.id,
      kind: kinds[view.kind],
      version: view.version,
      caseSubject: subject,
      case: snapshot.identifier,
      author: view.author,
      baseUrl,
      size: bytes.byteLength,
      hash: sha1(bytes),
      at: view.recordedAt,
      bundle: JSON.parse(Buffer.from(bytes).toString()) as Bundle,
      replaces: view.replaces
    })
  }
  const { document } = visible
  const stamp = await parts.proofs.stampOf(document.id)
  const signature = await parts.documents.verification(document.id)
  const bytes = made?.bytes ?? (await parts.documents.documentBytes(document.id))
  const bundle = JSON.parse(Buffer.from(bytes).toString()) as Bundle
  const composition = bundle.entry?.[0]?.resource
  return originalReference({
    id: document.id,
    kind: kinds[document.kind],
    version: document.version,
    caseSubject: subject,
    case: snapshot.identifier,
    author: document.organization,
    baseUrl,
    size: bytes.byteLength,
    hash: sha1(bytes),
    at: document.recordedAt,
    identifier: { system: bundle.identifier!.system!, value: bundle.identifier!.value! },
    creation: composition?.resourceType === 'Composition' ? composition.date : undefined,
    replaces: document.replaces,
    isReplaced: document.replacedBy !== undefined,
    signature: describeSignature(parts, kinds[document.kind], signature, stamp !== undefined),
    stamp: stamp && { timestamp: stamp.timestamp, url: `${baseUrl}/fhir/Binary/${stamp.id}` },
    deliveries: await deliveriesOf(parts, visible.as, document.id, document.organization),
    ...(made && { receipt: made.receipt })
  })
}

const shownStates: Readonly<Record<string, DeliveryState>> = { building: 'accepted', waiting: 'accepted' }

/** An employer as sender does not see that a delivery was stopped: a withdrawal must not show as a fault (domain P-9). */
async function deliveriesOf(parts: Parts, reader: 'author' | 'worker', document: StoredId, author: OrganizationId) {
  const states = await parts.outbox.states(document)
  const isEmployer = parts.partners.ofOrganization(author).some(({ role }) => sideOfClient[role] === 'employer')
  return states.map(({ party, state }) => {
    const shown = shownStates[state] ?? (state as DeliveryState)
    return {
      recipient: party,
      state: reader === 'author' && isEmployer && shown === 'stopped' ? ('accepted' as const) : shown
    }
  })
}
type StoredId = Parameters<Parts['outbox']['states']>[0]

/** R4 Attachment.hash is SHA-1; it protects nothing (standards §1.2). */
export const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('base64')
