import { createHash } from 'node:crypto'
import type { Consent } from '@medplum/fhirtypes'
import { type CaseSnapshot, isDoubted } from '../../document/case.ts'
import type { ConsentFacts } from '../../document/consent.ts'
import type { ConsentId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import type { Working } from '../../record/ports.ts'
import { proofInCommit, signReceipt } from '../../record/receipt.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { canonicalize } from '../../standards/jcs.ts'
import { caseOf } from '../case/case-of.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import { buildViewsOf } from '../delivery/build-views.ts'
import { decidedOf, openingRows } from '../delivery/opening-rows.ts'
import { openingsOf } from '../delivery/openings.ts'
import type { Parts } from '../parts.ts'
import { endConsent } from './end-consent.ts'
import { partiesTo } from './grant-consent.ts'

export interface Withdrawn {
  readonly resource: Consent
  readonly version: number
  readonly receipt: string
}

/**
 * The worker withdraws a consent: the body is the consent as it stands with `status` set to `inactive`, nothing else changed.
 * From the commit on nothing is disclosed under it; deliveries that nobody was told of stop in the same commit. Where other
 * releases go on, what they carry is made anew.
 * @throws Refusal `not-found`, `precondition-failed`, `consent-immutable`
 */
export async function withdrawConsent(
  parts: Parts,
  asked: Asked,
  id: ConsentId,
  value: unknown,
  ifMatch: number | undefined
): Promise<Withdrawn> {
  const withdrawn = await decideAgain(async () => {
    const { caller, at } = asked
    const current = await parts.consents.consent(id)
    if (!current) throw new Refusal('not-found')
    const snapshot = await caseOf(parts, caller, current.facts.case)
    // which may not read it either
    if (isDoubted(snapshot, caller)) throw new Refusal('not-found')
    if (ifMatch !== current.version) throw new Refusal('precondition-failed', { at: ['If-Match'] })
    if (current.facts.status !== 'active' || !isWithdrawalOf(current.resource, value))
      throw new Refusal('consent-immutable', { at: ['Consent'] })
    const key = await parts.record.keyring.key(snapshot.id)
    const ended = await endConsent(parts, snapshot, id, key, at)
    const consents = snapshot.consents.map(other => (other.id === id ? ended.facts : other))
    const record = composer(parts, asked)('consent-withdraw', {
      case: snapshot,
      organizations: partiesTo(parts, current.facts, caller.organization),
      entities: [{ of: 'consent', reference: `Consent/${id}` }]
    })
    const appended = await appendAlways(parts.record, {
      guards: [{ kind: 'case-version', case: snapshot.id, version: snapshot.version, raise: true }],
      rows: { consent: [ended.row] },
      working: {
        outbox: [
          ...(await stopped(parts, snapshot, consents, at)),
          ...(await openingRows(parts, snapshot, consents, at))
        ]
      },
      audit: [record]
    })
    const resource = { ...current.resource, status: 'inactive' as const }
    const bytes = Buffer.from(JSON.stringify(resource))
    const receipt = await signReceipt(
      parts.receipts,
      {
        act: 'consent-withdraw',
        reference: `Consent/${id}`,
        digest: createHash('sha256').update(bytes).digest(),
        bytes: bytes.length,
        kind: 'consent',
        case: snapshot.identifier,
        recorded: toInstant(at),
        record: record.id
      },
      proofInCommit(appended.head, appended.leaves[0]!, appended.entries[0]!)
    )
    return { resource, version: ended.version, receipt, case: snapshot.id }
  })
  // what other releases still carry is there at once, on a view of its own
  await buildViewsOf(parts, withdrawn.case)
  parts.wake()
  return withdrawn
}

/** The same resource but for `status`, in whatever order its members come. */
function isWithdrawalOf(current: Consent, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const strip = ({ id: _, meta, ...rest }: Consent) => {
    const { versionId: __, lastUpdated: ___, ...kept } = meta ?? {}
    return canonicalize({ ...rest, meta: kept })
  }
  return strip({ ...current, status: 'inactive' }) === strip(value as Consent)
}

/** Deliveries under way that no consent carries any more. */
async function stopped(
  parts: Parts,
  snapshot: CaseSnapshot,
  consents: readonly ConsentFacts[],
  at: number
): Promise<Working['outbox'][]> {
  const rows: Working['outbox'][] = []
  for (const row of await parts.outbox.undelivered(snapshot.id)) {
    const decided = await decidedOf(parts, row.document)
    const open = openingsOf(parts, snapshot, consents, decided, at)
    if (!open.some(({ partner, purpose }) => partner.party === row.party && purpose === row.purpose))
      rows.push({ ...row, state: 'stopped' })
  }
  return rows
}
