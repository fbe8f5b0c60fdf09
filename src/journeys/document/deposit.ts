import { createHash } from 'node:crypto'
import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import { decideDeposit } from '../../consent/deposit.ts'
import type { AuditRecord } from '../../document/audit-record.ts'
import type { Caller } from '../../document/caller.ts'
import { memberOf, workerOf } from '../../document/case.ts'
import { nextCaseState } from '../../document/case-state.ts'
import { as, type DocumentId, type Identifier } from '../../document/ids.ts'
import type { Identified, Permit, Permitted, Recorded, Repeated, Verified, WellFormed } from '../../document/stages.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { receive } from '../../receive/receive.ts'
import { append } from '../../record/append.ts'
import { bytesMacOf, documentRows } from '../../record/document-rows.ts'
import type { Evidence, Guard } from '../../record/ports.ts'
import type { WriteSet } from '../../record/write-set.ts'
import type { CertificateCheck, RevocationCheck, SignatureTrust } from '../../signature/ports.ts'
import { requireAssurance } from '../../signature/qualification.ts'
import { verifyAuthor } from '../../signature/verify.ts'
import { type ValidationParts, wellForm } from '../../validate/well-form.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import { buildingRow } from '../delivery/opening-rows.ts'
import { openingsOf } from '../delivery/openings.ts'
import type { Parts } from '../parts.ts'
import { stampDueRows } from '../time/stamp-signatures.ts'
import { receiptAgain, receiptFor } from './receipt-for.ts'
import type { RevocationStore } from './revocation-data.ts'
import { signingKeysOf } from './signing-keys.ts'
import type { Stated } from './statement.ts'

export interface DepositParts extends Parts {
  readonly limits: { readonly maxDocumentBytes: number; readonly maxDepth: number }
  readonly validation: ValidationParts
  readonly certificates: CertificateCheck
  readonly revocation: RevocationCheck
  readonly revocationStore: Pick<RevocationStore, 'rowsOf' | 'stored' | 'unstored'>
}

/**
 * The path of one document, top to bottom (design §2): receive → validate → signature → consent → record, and a receipt.
 * Delivery follows by the outbox rows that were recorded with it.
 *
 * The same identifier and bytes again give the first answer and record nothing. The caller was authenticated before.
 * @throws Refusal of each station; nothing is then stored but the audit record of the refusal
 */
export async function deposit(
  parts: DepositParts,
  identified: Identified,
  bytes: Uint8Array
): Promise<Recorded | Repeated> {
  const received = receive(identified, bytes, parts.limits)
  const wellFormed = wellForm(received, parts.validation)
  try {
    const verified = await verifyAuthor(wellFormed, trustOf(parts, identified))
    const recorded = await decideAgain(async () => record(parts, await permit(parts, verified)))
    if (recorded.openTo.length > 0 || parts.stamping) parts.wake()
    return recorded
  } catch (error) {
    // a repeat that comes when the signature has grown old or the case was closed is no new deposit
    const repeated = error instanceof Refusal ? await repeatedFrom(parts, wellFormed) : undefined
    if (repeated) return repeated
    if (error instanceof Refusal && error.key === 'certificate-revoked') await keepRevocation(parts)
    throw error
  }
}

/** Whom the gateway believes when this caller's organisation signs. */
export const trustOf = (
  { partners, certificates, revocation }: DepositParts,
  { caller }: Identified
): SignatureTrust => ({
  signingKey: signingKeysOf(partners, caller),
  certificates,
  revocation
})

/** A card that was found revoked stays so after a restart, also where its authority is then silenced. */
async function keepRevocation({ revocationStore, record: { log } }: DepositParts): Promise<void> {
  const rows = revocationStore.unstored
  if (rows.length === 0) return
  await log.note([{ table: 'revocation', rows }])
  revocationStore.stored(rows)
}

/** @returns undefined where this party did not have these very bytes recorded before */
async function repeatedFrom(parts: Parts, wellFormed: WellFormed): Promise<Repeated | undefined> {
  const { caller, document, bytes } = wellFormed
  const id = await parts.documents.byIdentifierMac(identifierMacOf(parts, caller, document.identifier))
  const stored = id && (await parts.documents.document(id))
  if (!stored || stored.party !== caller.party) return undefined
  const isSame = (await parts.documents.bytesMac(id)) === bytesMacOf(parts.record.keyring, sha256(bytes))
  return isSame ? { ...wellFormed, id, receipt: await receiptAgain(parts, id), isNew: false } : undefined
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** Identifiers are the depositing organisation's own: the same one of another is another document. */
export const identifierMacOf = (parts: Parts, { organization }: Caller, { system, value }: Identifier): string =>
  parts.record.keyring.mac('document', organization, system, value)

/** Station 5: may this party add this to this case? Custody is asked for, not release. */
export async function permit(parts: DepositParts, verified: Verified): Promise<Permitted> {
  requireAssurance(verified.kind, verified.signature, parts.signaturePolicy)
  return { ...verified, permit: await permitOf(parts, verified) }
}

/** The same for a document that is not signed yet. */
export async function permitOf(parts: Parts, { caller, at, document, kind }: WellFormed): Promise<Permit> {
  const snapshot = await parts.cases.byIdentifier(document.case)
  const author = { organization: caller.organization, role: caller.clientRole }
  const custody = decideDeposit({ kind, author, at, case: snapshot }, snapshot?.consents ?? [])
  const member = memberOf(snapshot!, caller.organization)!
  if (member.subject !== document.subject) {
    throw new Refusal('case-person-mismatch', { at: [`Bundle.entry[${document.at.patient}].resource.identifier`] })
  }
  return { case: snapshot!, custody }
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
export async function record(parts: DepositParts, permitted: Permitted, alongside?: Alongside): Promise<Recorded> {
  const { caller, at, document, kind, bytes } = permitted
  const { keyring } = parts.record
  const { case: snapshot, custody } = permitted.permit
  const id = as<DocumentId>(parts.newId())
  const identifierMac = identifierMacOf(parts, caller, document.identifier)
  const { replaces, openings, state } = await placeOf(parts, permitted)
  const isMoved = state !== snapshot.state
  const digest = sha256(bytes)
  const caseKey = await keyring.key(snapshot.id)
  const made = documentRows(keyring, { id, permitted, identifierMac, digest, replaces, caseKey })

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

  const revocation = await parts.revocationStore.rowsOf(permitted.signature)
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
        revocation,
        keyWrap: [made.fresh.wrap],
        stampDue: stampDueRows(parts, id, at),
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
  parts.revocationStore.stored(revocation)
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

/** Where a document comes to stand: what it replaces, whom it opens to, how the case moves on. Asked before anybody signs, too. */
export async function placeOf(parts: Parts, admitted: WellFormed & Pick<Permitted, 'permit'>) {
  const { caller, at, document, kind, version, permit } = admitted
  const { case: snapshot } = permit
  const replaces = await replacedBy(parts, admitted)
  const decided = { kind, form: parts.forms.byKind(kind.code, version)!, author: caller.organization }
  const openings = openingsOf(parts, snapshot, snapshot.consents, decided, at)
  // HR sees the coarse state: it must not tell what the physician wrote before HR may read it
  const mayTell = openings.some(({ partner }) => partner.role === 'employer-hr')
  const notNow = mayTell && saysNotNow(document.response)
  const state = nextCaseState(snapshot.state, { kind: 'document', of: kind.code, notNow })
  if (state === undefined) throw new Refusal('case-state', { at: ['Bundle'] })
  return { replaces, openings, state }
}

const saysNotNow = ({ item = [] }: QuestionnaireResponse): boolean =>
  item.some(({ answer = [] }) => answer.some(({ valueCoding }) => valueCoding?.code === 'not-now'))

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

async function replacedBy(
  parts: Parts,
  permitted: WellFormed & Pick<Permitted, 'permit'>
): Promise<DocumentId | undefined> {
  const { replaces } = permitted.document
  if (!replaces) return undefined
  const id = await parts.documents.byIdentifierMac(identifierMacOf(parts, permitted.caller, replaces))
  const stored = id && (await parts.documents.document(id))
  if (!stored || stored.case !== permitted.permit.case.id || stored.kind !== permitted.kind.code) {
    throw new Refusal('reference-unresolved', {
      at: [`Bundle.entry[${permitted.document.at.composition}].resource.relatesTo`]
    })
  }
  return stored.id
}
