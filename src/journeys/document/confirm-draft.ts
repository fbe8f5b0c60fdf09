import { createHash } from 'node:crypto'
import type { Bundle } from '@medplum/fhirtypes'
import type { Caller } from '../../document/caller.ts'
import type { CaseSnapshot } from '../../document/case.ts'
import type { DocumentId, Instant } from '../../document/ids.ts'
import { kinds } from '../../document/kinds.ts'
import { type RoleCode, roleOfClient, sideOfClient } from '../../document/role.ts'
import type { SignatureResult } from '../../document/signature-result.ts'
import type { Signer } from '../../document/signer.ts'
import type { Identified, Verified } from '../../document/stages.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { receive } from '../../receive/receive.ts'
import { appendAlways } from '../../record/append.ts'
import { gatewayIdentifier, signAsGateway } from '../../signature/sign.ts'
import { signatureTypes, signedForm } from '../../signature/signed-form.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { wellForm } from '../../validate/well-form.ts'
import { requireUndoubted } from '../case/case-of.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Confirmation, Draft, DraftSide } from '../ports.ts'
import { type Alongside, type DepositParts, permit, record } from './deposit.ts'
import {
  afterDraft,
  confirmedBy,
  type DraftPlace,
  type DraftState,
  draftAt,
  draftRow,
  draftState,
  freshRevision,
  organizationsOf,
  requireSeen,
  unchanged
} from './draft.ts'
import { draftDocument } from './draft-document.ts'
import { attestedDocument } from './read-draft.ts'
import { receiptAgain } from './receipt-for.ts'
import { statementRow } from './statement.ts'

/** The other side is still to confirm, or the document is there. */
export type ConfirmedDraft =
  | { readonly as: 'draft'; readonly state: DraftState; readonly confirmedBy: DraftSide[]; readonly revision: number }
  | { readonly as: 'document'; readonly id: DocumentId; readonly receipt: string; readonly isNew: boolean }

type KnownPlace = DraftPlace & { readonly snapshot: CaseSnapshot }

/** A draft that both have confirmed. */
type AgreedDraft = Draft & { readonly confirmed: Readonly<Record<DraftSide, Confirmation>> }

/**
 * One side confirms a draft. The second confirmation, whichever it is, makes the document: the gateway assembles it, signs it
 * (`attested`) and takes it through the stations of a deposit; the draft goes in the same commit, so that it becomes one
 * document and never two. Confirming again gives the same answer.
 * @param seen revision that was looked at; undefined: whatever is there
 * @throws Refusal `not-found`, `precondition-failed`, `form-invalid` with JSON pointers, `case-state`, `custody-missing`
 */
export async function confirmDraft(
  parts: DepositParts,
  asked: Asked,
  place: DraftPlace,
  seen: number | undefined
): Promise<ConfirmedDraft> {
  const confirmed = await decideAgain(async () => {
    const { snapshot, draft: before } = await draftAt(parts, asked.caller, place)
    requireUndoubted(snapshot, asked.caller)
    if (!before) return confirmedBefore(parts, asked, snapshot, place)
    requireSeen(before, seen)
    const { bundle, issues } = draftDocument(parts, snapshot, place.kind, before, asked.at)
    if (issues.some(({ severity }) => severity === 'error')) throw new Refusal('form-invalid', { issues })
    const draft = withConfirmation(before, asked)
    return isAgreed(draft)
      ? becomeDocument(parts, asked, { ...place, snapshot }, draft, bundle)
      : noteConfirmation(parts, asked, place, snapshot, draft)
  })
  if (confirmed.as === 'document' && confirmed.isNew) parts.wake()
  return confirmed
}

function withConfirmation(draft: Draft, { caller, at }: Asked): Draft {
  const side: DraftSide = caller.side === 'worker' ? 'worker' : 'employer'
  const { organization, party } = caller
  // who confirmed first stays; so confirming twice changes nothing
  return { ...draft, confirmed: { [side]: { organization, party, at }, ...draft.confirmed } }
}

const isAgreed = (draft: Draft): draft is AgreedDraft => confirmedBy(draft).length === 2

async function confirmedBefore(
  parts: DepositParts,
  asked: Asked,
  snapshot: CaseSnapshot,
  { kind }: DraftPlace
): Promise<ConfirmedDraft> {
  const document = await attestedDocument(parts, asked.caller, snapshot, kind)
  if (!document) throw new Refusal('not-found')
  return { as: 'document', id: document.id, receipt: await receiptAgain(parts, document.id), isNew: false }
}

async function noteConfirmation(
  parts: DepositParts,
  asked: Asked,
  place: DraftPlace,
  snapshot: CaseSnapshot,
  before: Draft
): Promise<ConfirmedDraft> {
  const { at } = asked
  const draft = { ...before, revision: freshRevision(parts) }
  const moved = afterDraft(snapshot, place.kind, at)
  await appendAlways(parts.record, {
    guards: [moved.guard, unchanged(place, before)],
    rows: moved.rows,
    working: { draft: [await draftRow(parts, place, draft, at)] },
    audit: [
      composer(parts, asked)('document-confirm', {
        case: snapshot,
        reason: `draft-${place.kind}`,
        organizations: organizationsOf(snapshot, draft),
        entities: [{ of: 'case', reference: `EpisodeOfCare/${snapshot.id}` }]
      })
    ]
  })
  return { as: 'draft', state: draftState(draft), confirmedBy: confirmedBy(draft), revision: draft.revision }
}

async function becomeDocument(
  parts: DepositParts,
  asked: Asked,
  place: KnownPlace,
  draft: AgreedDraft,
  bundle: Bundle
): Promise<ConfirmedDraft> {
  const { request, at } = asked
  const verified = await attest(parts, { request, at, caller: authorOf(parts, draft) }, bundle)
  const permitted = await permit(parts, verified)
  const recorded = await record(parts, permitted, alongside(parts, asked, place, draft))
  return { as: 'document', id: recorded.id, receipt: recorded.receipt, isNew: recorded.isNew }
}

/** Stations 2 to 4 of a document that the gateway signs itself: nothing is let through that it would refuse from others. */
async function attest(parts: DepositParts, author: Identified, bundle: Bundle): Promise<Verified> {
  const signer = parts.documentSigner()
  const signed = await signAsGateway(signer, bundle, {
    when: toInstant(author.at),
    issuer: parts.baseUrl,
    typeCode: signatureTypes.attested
  })
  const wellFormed = wellForm(receive(author, Buffer.from(JSON.stringify(signed)), parts.limits), parts.validation)
  return { ...wellFormed, signature: attested(parts, signer, wellFormed.document.bundle, author.at) }
}

function attested(parts: DepositParts, { alg, kid }: Signer, bundle: Bundle, at: Instant): SignatureResult {
  return {
    assurance: 'attested',
    algorithm: alg,
    key: kid,
    signer: gatewayIdentifier(parts.baseUrl),
    signedAt: at,
    verifiedAt: at,
    digest: createHash('sha256').update(signedForm(bundle)).digest('base64url')
  }
}

/** The employer as author, by its registration, whoever's call made the document. */
function authorOf(parts: DepositParts, { party }: Draft): Caller {
  const partner = parts.partners.byParty(party)!
  const { clientId: client, role: clientRole, organization, organizationIdentifier } = partner
  return {
    client,
    clientRole,
    side: sideOfClient[clientRole],
    party,
    organization,
    organizationIdentifier,
    role: roleOfClient[clientRole],
    purpose: undefined,
    person: undefined,
    scopes: new Set(),
    token: '',
    address: ''
  }
}

/** Both confirmations stand beside the document in the slots of the paper, and the draft is no more. */
function alongside(
  parts: DepositParts,
  asked: Asked,
  { snapshot, ...place }: KnownPlace,
  draft: AgreedDraft
): Alongside {
  const { employer, worker } = draft.confirmed
  const slotOf = (role: RoleCode) => kinds[place.kind].signatureSlots.find(slot => slot.role === role)!.slot
  return {
    asked,
    about: async document => ({
      guards: [unchanged(place, draft)],
      statements: [
        await statementRow(parts, document, slotOf('hr-staff'), employer, asked.at),
        await statementRow(parts, document, slotOf('worker'), worker, asked.at)
      ],
      gone: [{ table: 'draft', key: { case: place.case, kind: place.kind } }],
      audit: [
        composer(parts, asked)('document-confirm', {
          case: snapshot,
          document: document.id,
          organizations: organizationsOf(snapshot, draft),
          entities: [{ of: 'document', reference: `DocumentReference/${document.id}`, kind: place.kind }]
        })
      ]
    })
  }
}
