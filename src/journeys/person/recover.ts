import { workerOf } from '../../document/case.ts'
import type { CaseId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { caseOf } from '../case/case-of.ts'
import type { IdentityEvidence } from '../case/confirm-worker.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import { newRecoveryCode } from './account-code.ts'

/**
 * The reception has seen a worker who lost every passkey, and an identity paper: a code that is shown there and makes one new passkey,
 * ten minutes, five tries. Nobody else can give it: no telephone number, no mail, no employer. A former code ends.
 * @throws Refusal `not-found`; `case-state` where the worker has no account to log in to
 */
export async function issueRecoveryCode(
  parts: Parts,
  asked: Asked,
  id: CaseId,
  evidence: IdentityEvidence
): Promise<string> {
  const { caller, at } = asked
  const snapshot = await caseOf(parts, caller, id)
  const worker = workerOf(snapshot)
  const [partner] = worker ? parts.partners.ofOrganization(worker.organization) : []
  const account = partner && !partner.disabled ? await parts.persons.account(partner.clientId) : undefined
  if (!worker || !account) throw new Refusal('case-state', { at: ['EpisodeOfCare'] })
  const { code, row } = newRecoveryCode(parts, { account: account.id, case: id, at })
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: { accountCode: [row] },
    gone: [{ table: 'accountCode', key: { account: account.id } }],
    audit: [
      composer(parts, asked)('account-change', {
        case: snapshot,
        reason: `recovery-code.${evidence}`,
        organizations: [caller.organization, worker.organization],
        entities: [{ of: 'case', reference: `EpisodeOfCare/${id}` }]
      })
    ]
  })
  return code
}
