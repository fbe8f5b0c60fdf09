import type { Bundle } from '@medplum/fhirtypes'
import type { Caller } from '../../document/caller.ts'
import type { CaseSnapshot } from '../../document/case.ts'
import type { DocumentId, Instant } from '../../document/ids.ts'
import { type PlainAnswers, toPlain } from '../../forms/plain.ts'
import type { Issue } from '../../outcome/issue.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { partsOfBundle } from '../delivery/parts-of-bundle.ts'
import type { Parts } from '../parts.ts'
import type { Draft, DraftSide, StoredDocument } from '../ports.ts'
import type { DepositParts } from './deposit.ts'
import {
  confirmedBy,
  type DraftKind,
  type DraftPlace,
  type DraftState,
  draftAt,
  draftState,
  organizationsOf
} from './draft.ts'
import { draftDocument } from './draft-document.ts'
import { retrieve } from './retrieve.ts'

export interface ShownDraft {
  readonly state: DraftState
  readonly version: string
  readonly answers: PlainAnswers
  readonly confirmedBy: DraftSide[]
  /** `expression` is a JSON pointer from the body that holds `answers` */
  readonly issues: readonly Issue[]
  /** undefined once it has become a document */
  readonly revision: number | undefined
  readonly document: DocumentId | undefined
}

/**
 * The draft as it stands, for the employer that writes it and for the worker; without one, the document that the last one
 * became, which then counts as read.
 * @throws Refusal `not-found`
 */
export async function readDraft(parts: DepositParts, asked: Asked, place: DraftPlace): Promise<ShownDraft> {
  const { snapshot, draft } = await draftAt(parts, asked.caller, place)
  if (!draft) return readConfirmed(parts, asked, snapshot, place.kind)
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, asked)('document-search', {
        case: snapshot,
        organizations: organizationsOf(snapshot, draft),
        entities: [{ of: 'query', raw: `draft ${place.kind} of EpisodeOfCare/${snapshot.id}` }]
      })
    ]
  })
  return showDraft(parts, snapshot, place.kind, draft, asked.at)
}

async function readConfirmed(parts: Parts, asked: Asked, snapshot: CaseSnapshot, kind: DraftKind): Promise<ShownDraft> {
  const document = await attestedDocument(parts, asked.caller, snapshot, kind)
  if (!document) throw new Refusal('not-found')
  const { bytes } = await retrieve(parts, asked, document.id)
  const { response } = partsOfBundle(JSON.parse(Buffer.from(bytes).toString()) as Bundle)
  return {
    state: 'confirmed',
    version: document.version,
    answers: toPlain(parts.forms.byKind(kind, document.version)!, response),
    confirmedBy: ['employer', 'worker'],
    issues: [],
    revision: undefined,
    document: document.id
  }
}

/** The newest document of the case that a draft has become, where the caller is its worker or its author. */
export async function attestedDocument(
  parts: Parts,
  caller: Caller,
  snapshot: CaseSnapshot,
  kind: DraftKind
): Promise<StoredDocument | undefined> {
  const documents = await parts.documents.ofCase(snapshot.id)
  const own = documents.filter(
    document => document.kind === kind && (caller.side === 'worker' || document.organization === caller.organization)
  )
  for (const document of own.reverse()) {
    if ((await parts.documents.verification(document.id)).assurance === 'attested') return document
  }
  return undefined
}

export function showDraft(
  parts: DepositParts,
  snapshot: CaseSnapshot,
  kind: DraftKind,
  draft: Draft,
  at: Instant
): ShownDraft {
  const { revision, version, answers } = draft
  return {
    state: draftState(draft),
    version,
    answers,
    confirmedBy: confirmedBy(draft),
    issues: draftDocument(parts, snapshot, kind, draft, at).issues,
    revision,
    document: undefined
  }
}
