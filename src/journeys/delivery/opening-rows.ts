import type { CaseSnapshot } from '../../document/case.ts'
import type { ConsentFacts } from '../../document/consent.ts'
import { as, type DocumentId, type PartyId } from '../../document/ids.ts'
import { kinds } from '../../document/kinds.ts'
import type { PurposeCode } from '../../document/role.ts'
import type { Working } from '../../record/ports.ts'
import type { Parts } from '../parts.ts'
import type { StoredDocument } from '../ports.ts'
import { type Decided, openingsOf, releasedMac } from './openings.ts'

/** What a decision needs to know of a recorded document. */
export async function decidedOf(parts: Parts, id: string): Promise<Decided> {
  const document = await parts.documents.document(as<DocumentId>(id))
  return decidedBy(parts, document!)
}

export function decidedBy(
  parts: Pick<Parts, 'forms'>,
  document: Pick<StoredDocument, 'kind' | 'version' | 'organization'>
): Decided {
  const { kind, version, organization } = document
  return { kind: kinds[kind], form: parts.forms.byKind(kind, version)!, author: organization }
}

/**
 * An outbox row for each derived document that these consents open and that is neither made nor waits to be made: whoever makes
 * it decides anew, by the consents as they then stand.
 */
export async function openingRows(
  parts: Parts,
  snapshot: CaseSnapshot,
  consents: readonly ConsentFacts[],
  at: number
): Promise<Working['outbox'][]> {
  const rows: Working['outbox'][] = []
  const undelivered = await parts.outbox.undelivered(snapshot.id)
  const waiting = new Set(undelivered.filter(({ state }) => state === 'building').map(openingName))
  for (const document of await parts.documents.ofCase(snapshot.id)) {
    if (document.replacedBy !== undefined) continue
    for (const opening of openingsOf(parts, snapshot, consents, decidedBy(parts, document), at)) {
      const { party } = opening.partner
      if (waiting.has(openingName({ document: document.id, party, purpose: opening.purpose }))) continue
      const newest = await parts.documents.newestView(document.id, opening.partner.party, opening.purpose)
      if (newest?.releasedMac === releasedMac(parts, document.id, opening, opening.decision)) continue
      rows.push(
        buildingRow(parts, {
          document: document.id,
          case: snapshot.id,
          party: opening.partner.party,
          purpose: opening.purpose,
          at
        })
      )
    }
  }
  return rows
}

const openingName = ({ document, party, purpose }: Pick<Working['outbox'], 'document' | 'party' | 'purpose'>): string =>
  `${document} ${party} ${purpose}`

export function buildingRow(
  parts: Pick<Parts, 'newId'>,
  of: {
    readonly document: DocumentId
    readonly case: string
    readonly party: PartyId
    readonly purpose: PurposeCode
    readonly at: number
  }
): Working['outbox'] {
  return {
    id: parts.newId(),
    ...of,
    topic: 'document-available',
    target: '',
    state: 'building',
    tries: 0,
    dueAt: of.at
  }
}
