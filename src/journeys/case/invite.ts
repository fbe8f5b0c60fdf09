import type { CaseId } from '../../document/ids.ts'
import type { Side } from '../../document/role.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import { ownCaseOf } from './case-of.ts'
import { invitationRow, newCode } from './new-case.ts'

export const invitedRoles = ['hospital', 'employer', 'coordinator'] as const satisfies readonly Side[]
export type InvitedRole = (typeof invitedRoles)[number]

/** A code that the worker hands to a hospital, an employer or a coordinator: one use, 30 days. */
export async function invite(
  parts: Parts,
  asked: Asked,
  id: CaseId,
  role: InvitedRole
): Promise<{ code: string; expiresAt: number }> {
  const snapshot = await ownCaseOf(parts, asked.caller, id)
  const { code, mac } = newCode(parts)
  const row = invitationRow({ mac, case: id, side: role, by: asked.caller.organization, at: asked.at })
  await appendAlways(parts.record, {
    guards: [],
    rows: { invitation: [row] },
    working: {},
    audit: [
      composer(parts, asked)('case-join', {
        case: snapshot,
        reason: 'invited',
        organizations: [asked.caller.organization],
        entities: [{ of: 'case', reference: `EpisodeOfCare/${id}` }]
      })
    ]
  })
  return { code, expiresAt: row.expiresAt }
}
