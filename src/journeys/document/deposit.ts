import { createHash } from 'node:crypto'
import { decideDeposit } from '../../consent/deposit.ts'
import type { AuditRecord } from '../../document/audit-record.ts'
import { memberOf, workerOf } from '../../document/case.ts'
import { nextCaseState } from '../../document/case-state.ts'
import { as, type DocumentId } from '../../document/ids.ts'
import type { Identified, Permitted, Recorded, Verified } from '../../document/stages.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { receive } from '../../receive/receive.ts'
import { append } from '../../record/append.ts'
import { documentRows } from '../../record/document-rows.ts'
import type { Evidence, Guard } from '../../record/ports.ts'
import type { WriteSet } from '../../record/write-set.ts'
import type { CertificateCheck } from '../../signature/ports.ts'
import { verifyAuthor } from '../../signature/verify.ts'
import { type ValidationParts, wellForm } from '../../validate/well-form.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import { buildingRow } from '../delivery/opening-rows.ts'
import { openingsOf } from '../delivery/openings.ts'
import type { Parts } from '../parts.ts'
import { receiptAgain, receiptFor } from './receipt-for.ts'
import { signingKeysOf } from './signing-keys.ts'
import type { Stated } from './statement.ts'

export interface DepositParts extends Parts {
  readonly limits: { readonly maxDocumentBytes: number; readonly maxDepth: number }
  readonly validation: ValidationParts
  readonly certificates: CertificateCheck
}

/**
 * The path of one document, top to bottom (design §2): receive → validate → signature → consent → record, and a receipt.
 * Delivery follows by the outbox rows that were recorded with it.
 *
 * The same identifier and bytes again give the first answer and record nothing. The caller was authenticated before.
 * @throws Refusal of each station; nothing is then stored but the audit record of the refusal
 */
export async function deposit(parts: DepositParts, identified: Identified, bytes: Uint8Array): Promise<Recorded> {
  const received = receive(identified, bytes, parts.limits)
  const wellFormed = wellForm(received, parts.validation)
  const verified = await verifyAuthor(wellFormed, {
    signingKey: signingKeysOf(parts.partners, identified.caller),
    certificates: parts.certificates
  })
  const recorded = await decideAgain(async () => record(parts, await permit(parts, verified)))
  if (recorded.openTo.length > 0) parts.wake()
  return recorded
}

/** Station 5: may this party add this to this case? Custody is asked for, not release. */
export async function permit(parts: Parts, verified: Verified): Promise<Permitted> {
  const { caller, at, document, kind } = verified
  const snapshot = await parts.cases.byIdentifier(document.case)
  const author = { organization: caller.organization, role: caller.clientRole }
  const custody = decideDeposit({ kind, author, at, case: snapshot }, snapshot?.consents ?? [])
  const member = memberOf(snapshot!, caller.organization)!
  if (member.subject !== document.subject) {
    throw new Refusal('case-person-mismatch', { at: [`Bundle.entry[${document.at.patient}].resource.identifier`] })
  }
  return { ...verified, permit: { case: snapshot!, custody } }
}

/** What a journey has recorded in the very commit of a document, besides it. */
export interface Alongside {
  /** who called, where that is not the author */
  readonly asked: Asked
  readonly about: (document: Stated) => Promise<{
    readonly guards: readonly Guard[]
    readonly statements: readonly Evidence['statement'][]
    readonly gone: NonNullable<WriteSet['gone']>
    readonly audit: readonly AuditRecord[]
  }>
}

/** Stations 6 to 8: sealed bytes, index, outbox and audit leaves in one durable transaction, then the receipt. */
export async function record(parts: Parts, permitted: Permitted, alongside?: Alongside): Promise<Recorded> {
  const { caller, at, document, kind, version, bytes } = permitted
  const { keyring } = parts.record
  const { case: snapshot, custody } = permitted.permit
  const id = as<DocumentId>(parts.newId())
  const identifierMac = keyring.mac(
    'document',
    caller.organization,
    document.identifier.system,
    document.identifier.value
  )
  const replaces = await replacedBy(parts, permitted)
  const digest = createHash('sha256').update(bytes).digest()
  const caseKey = await keyring.key(snapshot.id)
  const made = documentRows(keyring, { id, permitted, identifierMac, digest, replaces, caseKey })

  const notNow =
    permitted.document.response.item?.some(item =>
      item.answer?.some(answer => answer.valueCoding?.code === 'not-now')
    ) ?? false
  const state = nextCaseState(snapshot.state, { kind: 'document', of: kind.code, notNow })
  if (state === undefined) throw new Refusal('case-state', { at: ['Bundle'] })
  const isMoved = state !== snapshot.state

  const decided = { kind, form: parts.forms.byKind(kind.code, version)!, author: caller.organization }
  const openings = openingsOf(parts, snapshot, snapshot.consents, decided, at)
  const worker = workerOf(snapshot)!
  const readers = [caller.party, ...parts.partners.ofOrganization(worker.organization).map(partner => partner.party)]

  const also = await alongside?.about({ id, key: made.fresh.key, digest })
  const compose = composer(parts, alongside?.asked ?? permitted)
  const about = { case: snapshot, document: id, organizations: [caller.organization, worker.organization] }
  const entity = {
    of: 'document',
    reference: `DocumentReference/${id}`,
    kind: kind.code,
    digest: made.recordDigest
  } as const
  const deposited = compose(document.replaces ? 'document-replace' : 'document-deposit', {
    ...about,
    entities: [entity]
  })
  const permitRecord = compose('decide', {
    ...about,
    entities: [entity, { of: 'consent', reference: `Consent/${custody}` }]
  })

  const appended = await append(
    parts.record,
    {
      guards: [
        ...(also?.guards ?? []),
        { kind: 'once', scope: 'document', key: identifierMac, value: id, expiresAt: null },
        { kind: 'case-version', case: snapshot.id, version: snapshot.version, raise: isMoved }
      ],
      rows: {
        document: [made.row],
        finding: [...new Set(readers)].map(reader => ({
          reader,
          target: id,
          isView: 0,
          case: snapshot.id,
          kind: kind.code,
          day: made.row.day,
          at
        })),
        ...(also && { statement: also.statements }),
        ...(isMoved && {
          caseEvent: [{ case: snapshot.id, version: snapshot.version + 1, state, cause: deposited.act, at }]
        })
      },
      working: {
        keyWrap: [made.fresh.wrap],
        outbox: openings.map(({ partner, purpose }) =>
          buildingRow(parts, { document: id, case: snapshot.id, party: partner.party, purpose, at })
        )
      },
      gone: also?.gone ?? [],
      audit: [deposited, permitRecord, ...(also?.audit ?? [])]
    },
    new Map([[id, made.fresh.key]])
  )
  if ('taken' in appended)
    return recordedBefore(parts, permitted, as<DocumentId>(appended.taken.value), made.row.bytesMac)
  const receipt = await receiptFor(parts, {
    permitted,
    id,
    digest,
    record: deposited,
    appended
  })
  return {
    ...permitted,
    id,
    recordedAt: at,
    receipt,
    isNew: true,
    replaces,
    openTo: openings.map(({ partner }) => partner.party)
  }
}

/** A repeat: the same bytes get the first answer, other bytes are refused. */
async function recordedBefore(parts: Parts, permitted: Permitted, id: DocumentId, bytesMac: string): Promise<Recorded> {
  const before = await parts.documents.bytesMac(id)
  if (before !== bytesMac) throw new Refusal('document-identifier-reused', { at: ['Bundle.identifier'] })
  const stored = (await parts.documents.document(id))!
  const receipt = await receiptAgain(parts, id)
  return {
    ...permitted,
    id,
    recordedAt: stored.recordedAt,
    receipt,
    isNew: false,
    replaces: stored.replaces,
    openTo: []
  }
}

async function replacedBy(parts: Parts, permitted: Permitted): Promise<DocumentId | undefined> {
  const { replaces } = permitted.document
  if (!replaces) return undefined
  const mac = parts.record.keyring.mac('document', permitted.caller.organization, replaces.system, replaces.value)
  const id = await parts.documents.byIdentifierMac(mac)
  const stored = id && (await parts.documents.document(id))
  if (!stored || stored.case !== permitted.permit.case.id || stored.kind !== permitted.kind.code) {
    throw new Refusal('reference-unresolved', {
      at: [`Bundle.entry[${permitted.document.at.composition}].resource.relatesTo`]
    })
  }
  return stored.id
}
