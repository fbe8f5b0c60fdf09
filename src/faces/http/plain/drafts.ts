import type { components } from '../../../../openapi/gateway.d.ts'
import { as, type CaseId } from '../../../document/ids.ts'
import { confirmDraft } from '../../../journeys/document/confirm-draft.ts'
import type { DepositParts } from '../../../journeys/document/deposit.ts'
import type { DraftKind, DraftPlace } from '../../../journeys/document/draft.ts'
import { readDraft, type ShownDraft } from '../../../journeys/document/read-draft.ts'
import { writeDraft } from '../../../journeys/document/write-draft.ts'
import { type Language, languageOf } from '../../../outcome/language.ts'
import { problemError } from '../../../outcome/problem.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import type { KnownCall, KnownRoute } from '../route.ts'
import type { Contract } from './contract.ts'
import { type Body, type Reply, toRoutes } from './to-routes.ts'

/** Drafts that employer and worker confirm (contract §10): written by the employer alone, read and confirmed by both. */
export function draftRoutes(parts: DepositParts, contract: Contract): readonly KnownRoute[] {
  const write =
    (kind: DraftKind) =>
    async (
      call: KnownCall,
      { version, answers }: Body<'writeWorkInformation'>,
      ambiguousNumber: string | undefined
    ): Promise<Reply<'writeWorkInformation'>> => {
      const written = { version, answers, ambiguousNumber, seen: seenBy(call) }
      return toReply(call, await writeDraft(parts, call, placeOf(call, kind), written))
    }
  const read = (kind: DraftKind) => async (call: KnownCall) =>
    toReply(call, await readDraft(parts, call, placeOf(call, kind)))
  const confirm =
    (kind: DraftKind) =>
    async (call: KnownCall): Promise<Reply<'confirmWorkInformation'>> => {
      const confirmed = await confirmDraft(parts, call, placeOf(call, kind), seenBy(call))
      if (confirmed.as === 'draft') {
        const { state, confirmedBy, revision } = confirmed
        return { status: 200, headers: { etag: `"${revision}"` }, body: { state, confirmedBy } }
      }
      const { id, receipt, isNew } = confirmed
      const headers = { location: `${parts.baseUrl}/api/v1/documents/${id}` }
      return { status: isNew ? 201 : 200, headers, body: { id, receipt } }
    }
  return toRoutes(contract, {
    writeWorkInformation: { handle: write('work-information') },
    readWorkInformation: { handle: read('work-information') },
    confirmWorkInformation: { handle: confirm('work-information') },
    writePlan: { handle: write('support-plan') },
    readPlan: { handle: read('support-plan') },
    confirmPlan: { handle: confirm('support-plan') }
  })
}

const placeOf = (call: KnownCall, kind: DraftKind): DraftPlace => ({ case: as<CaseId>(call.params.id!), kind })

/** The revision that `If-Match` names; one of the draft's own entity tags, nothing else. */
function seenBy({ headers }: KnownCall): number | undefined {
  const header = headers['if-match']
  if (header === undefined) return undefined
  const match = /^"(\d{1,10})"$/u.exec(header)
  if (!match) throw new Refusal('parameter-invalid', { at: ['If-Match'] })
  return Number(match[1])
}

function toReply(call: KnownCall, shown: ShownDraft) {
  const { state, version, answers, confirmedBy, revision, document } = shown
  return {
    status: 200 as const,
    ...(revision !== undefined && { headers: { etag: `"${revision}"` } }),
    body: {
      state,
      version,
      answers,
      confirmedBy,
      issues: toIssues(shown, languageOf(call.headers['accept-language'])),
      ...(document !== undefined && { document })
    }
  }
}

function toIssues({ issues }: ShownDraft, language: Language): components['schemas']['DraftIssue'][] {
  return issues.map(issue => ({ ...problemError(issue, language), severity: issue.severity }))
}
