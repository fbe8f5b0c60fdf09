import { type CaseSnapshot, memberOf, workerOf } from '../../document/case.ts'
import type { CaseId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import { caseOf } from './case-of.ts'

export const identityEvidence = ['drivers-licence', 'my-number-card-face', 'insurance', 'other'] as const
export type IdentityEvidence = (typeof identityEvidence)[number]

const codeMinutes = 10
const tries = 5

/** The reception has seen the person and an identity paper: a six-digit code for the worker to type, 10 minutes, 5 tries. */
export async function issueReceptionCode(
  parts: Parts,
  asked: Asked,
  id: CaseId,
  evidence: IdentityEvidence
): Promise<string> {
  const { caller, at } = asked
  const snapshot = await caseOf(parts, caller, id)
  if (!workerOf(snapshot)) throw new Refusal('case-state', { at: ['EpisodeOfCare'] })
  const code = String(Buffer.from(parts.random(6)).readUIntBE(0, 6) % 1_000_000).padStart(6, '0')
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {
      receptionCode: [
        {
          case: id,
          codeMac: receptionMac(parts, id, code),
          evidence,
          by: caller.organization,
          expiresAt: at + codeMinutes * 60_000,
          triesLeft: tries
        }
      ]
    },
    audit: [record(parts, asked, snapshot, 'code-issued')]
  })
  return code
}

/**
 * The worker types the reception's code: from now on the account may release. Wrong, expired and used codes are all
 * `code-invalid`; each wrong one costs a try, counted durably.
 */
export async function confirmWorker(parts: Parts, asked: Asked, id: CaseId, code: string): Promise<void> {
  await decideAgain(async () => {
    const snapshot = await caseOf(parts, asked.caller, id)
    const issued = await parts.cases.receptionCode(id)
    if (!issued || issued.expiresAt <= asked.at || issued.triesLeft < 1)
      throw new Refusal('code-invalid', { at: ['confirmationCode'] })
    const unchanged = {
      kind: 'unchanged',
      table: 'receptionCode',
      key: { case: id, codeMac: issued.codeMac },
      column: 'triesLeft',
      value: issued.triesLeft
    } as const
    if (issued.codeMac !== receptionMac(parts, id, code)) {
      await appendAlways(parts.record, {
        guards: [unchanged],
        rows: {},
        working: { receptionCode: [{ ...issued, triesLeft: issued.triesLeft - 1 }] },
        audit: [
          composer(parts, asked)('case-confirm', {
            case: snapshot,
            outcome: '4',
            reason: 'code-invalid',
            organizations: organizations(snapshot),
            entities: []
          })
        ]
      })
      throw new Refusal('code-invalid', { at: ['confirmationCode'] })
    }
    await appendAlways(parts.record, {
      guards: [{ kind: 'case-version', case: id, version: snapshot.version, raise: true }, unchanged],
      rows: {
        confirmation: [
          {
            case: id,
            organization: asked.caller.organization,
            evidence: issued.evidence,
            by: issued.by,
            at: asked.at,
            credential: asked.caller.session?.credential ?? null
          }
        ]
      },
      working: {},
      gone: [{ table: 'receptionCode', key: { case: id } }],
      audit: [record(parts, asked, snapshot, undefined)]
    })
  })
}

const receptionMac = (parts: Parts, id: CaseId, code: string): string => parts.record.keyring.mac('reception', id, code)

const organizations = (snapshot: CaseSnapshot) => snapshot.members.map(member => member.organization)

function record(parts: Parts, asked: Asked, snapshot: CaseSnapshot, reason: string | undefined) {
  return composer(parts, asked)('case-confirm', {
    case: snapshot,
    organizations: [
      ...new Set([
        asked.caller.organization,
        ...organizations(snapshot).filter(other => memberOf(snapshot, other)?.side === 'worker')
      ])
    ],
    ...(reason !== undefined && { reason }),
    entities: [{ of: 'case', reference: `EpisodeOfCare/${snapshot.id}` }]
  })
}
