import { type CaseSnapshot, memberOf } from '../../document/case.ts'
import { as, type CaseId, type DocumentId, type PartyId, type ViewId } from '../../document/ids.ts'
import { type PurposeCode, roleOfClient } from '../../document/role.ts'
import { append } from '../../record/append.ts'
import type { Working } from '../../record/ports.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { composer } from '../composer.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import { deriveDocument } from './derive-document.ts'
import { noteOutbox } from './note-outbox.ts'
import { decidedBy } from './opening-rows.ts'
import { decideFor, releasedMac } from './openings.ts'

const perRound = 32
const firstMs = 1000
const longestMs = 3_600_000

/**
 * Makes the derived documents that decisions have opened (design §3, Views): outside any transaction, then recorded under
 * guards, and only from then on notified of, found or read. What no consent carries any more is stopped instead.
 */
export async function buildViews(parts: Parts): Promise<void> {
  const failures: unknown[] = []
  for (;;) {
    const rows = await parts.outbox.building(parts.now(), perRound)
    if (rows.length === 0) break
    for (const row of rows) failures.push(...(await buildOrPutOff(parts, row)))
  }
  if (failures.length > 0) throw failures[0]
}

/** Those of one case, soon after what opened them; one that fails is left to the clock. */
export async function buildViewsOf(parts: Parts, id: CaseId): Promise<void> {
  for (const row of await parts.outbox.undelivered(id)) {
    if (row.state === 'building' && row.dueAt <= parts.now()) await buildOrPutOff(parts, row)
  }
}

/** A document that cannot be derived must not hold up those behind it: it is tried again later, and later still. */
async function buildOrPutOff(parts: Parts, row: Working['outbox']): Promise<readonly unknown[]> {
  try {
    await decideAgain(() => buildView(parts, row))
    return []
  } catch (error) {
    const tries = row.tries + 1
    await noteOutbox(parts, row, { tries, dueAt: parts.now() + Math.min(longestMs, firstMs * 2 ** (tries - 1)) })
    return [error]
  }
}

async function buildView(parts: Parts, row: Working['outbox']): Promise<void> {
  const at = parts.now()
  const snapshot = (await parts.cases.byId(as(row.case)))!
  const stored = (await parts.documents.document(as<DocumentId>(row.document)))!
  const partner = parts.partners.byParty(as<PartyId>(row.party))
  const member = partner && memberOf(snapshot, partner.organization)
  const purpose = row.purpose as PurposeCode
  const decided = decidedBy(parts, stored)
  const decision = partner && member && decideFor(snapshot, snapshot.consents, decided, { partner, purpose }, at)
  if (!partner || !member || decision?.outcome !== 'permit') return noteOutbox(parts, row, { state: 'stopped' })
  const mac = releasedMac(parts, stored.id, { partner, purpose }, decision)
  const newest = await parts.documents.newestView(stored.id, partner.party, purpose)
  if (newest?.releasedMac === mac) return noteOutbox(parts, row, { target: newest.id, state: 'waiting' })

  const bytes = await deriveDocument(parts, {
    stored,
    snapshot,
    decided,
    decision,
    partner,
    subject: member.subject,
    at
  })
  const id = as<ViewId>(parts.randomId())
  const { keyring } = parts.record
  const fresh = keyring.freshKey(id, snapshot.id, await keyring.key(snapshot.id))
  const appended = await append(
    parts.record,
    {
      guards: [
        { kind: 'case-version', case: snapshot.id, version: snapshot.version, raise: false },
        {
          kind: 'once',
          scope: 'view',
          key: keyring.mac('view', stored.id, partner.party, purpose, mac, newest?.id ?? 'first'),
          value: id,
          expiresAt: null
        }
      ],
      rows: {
        view: [
          {
            id,
            document: stored.id,
            case: snapshot.id,
            kind: stored.kind,
            party: partner.party,
            purpose,
            organization: partner.organization,
            releasedMac: mac,
            replaces: newest?.id ?? null,
            size: bytes.byteLength,
            day: toInstant(at).slice(0, 10),
            sealed: keyring.seal(fresh.key, `view|${id}`, bytes),
            at
          }
        ],
        finding: [
          {
            reader: `${partner.party}/${purpose}`,
            target: id,
            isView: 1,
            case: snapshot.id,
            kind: stored.kind,
            day: toInstant(at).slice(0, 10),
            at
          }
        ]
      },
      working: { keyWrap: [fresh.wrap], outbox: [{ ...row, target: id, state: 'waiting', tries: 0, dueAt: at }] },
      audit: [
        composer(parts, { request: parts.newId(), at })('decide', {
          case: snapshot,
          recipient: {
            client: partner.clientId,
            party: partner.party,
            organization: partner.organization,
            role: roleOfClient[partner.role],
            purpose,
            address: undefined
          },
          organizations: [...new Set([stored.organization, partner.organization, ...workerOrganizations(snapshot)])],
          entities: [
            { of: 'document', reference: `DocumentReference/${id}`, kind: stored.kind },
            ...decision.consents.map(consent => ({ of: 'consent', reference: `Consent/${consent}` }) as const)
          ]
        })
      ]
    },
    new Map([[id, fresh.key]])
  )
  if ('taken' in appended) await noteOutbox(parts, row, { target: appended.taken.value, state: 'waiting' })
}

const workerOrganizations = (snapshot: CaseSnapshot) =>
  snapshot.members.filter(member => member.side === 'worker').map(member => member.organization)
