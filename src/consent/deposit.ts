import type { CaseSnapshot } from '../document/case.ts'
import type { ConsentFacts } from '../document/consent.ts'
import type { ConsentId, Instant, OrganizationId } from '../document/ids.ts'
import type { Kind } from '../document/kind.ts'
import type { ClientRole } from '../document/role.ts'
import { Refusal } from '../outcome/refusal.ts'
import { includes } from './period.ts'

/** May this author add a document of this kind to the worker's box? */
export interface DepositQuestion {
  readonly kind: Kind
  readonly author: { readonly organization: OrganizationId; readonly role: ClientRole }
  readonly at: Instant
  /** undefined where the document names no case that exists */
  readonly case: Pick<CaseSnapshot, 'id' | 'members'> | undefined
}

/**
 * Decides about a deposit. It asks for *custody* alone: what is deposited is released to nobody by it.
 * @returns the custody consent that lets the document in; where there are several, the first by id
 * @throws Refusal `role-not-allowed` (before anything about the case is said), `case-unknown` (the same for a case that
 *   is not there and one that the author's organisation has not joined), `custody-missing`
 */
export function decideDeposit(question: DepositQuestion, consents: readonly ConsentFacts[]): ConsentId {
  const { kind, author, at } = question
  if (!kind.depositedBy.includes(author.role)) throw new Refusal('role-not-allowed')
  const joined = question.case?.members.some(({ organization }) => organization === author.organization)
  if (!question.case || !joined) throw new Refusal('case-unknown')
  const { id } = question.case
  const [custody] = consents
    .filter(each => each.case === id && isCustodyOf(kind, each, at))
    .map(each => each.id)
    .sort()
  if (custody === undefined) throw new Refusal('custody-missing')
  return custody
}

/** A custody consent that names no kind keeps all of them: it lets the worker's own documents into the worker's own box. */
function isCustodyOf(kind: Kind, consent: ConsentFacts, at: Instant): boolean {
  const isRunning = consent.status === 'active' && (consent.endedAt === undefined || at < consent.endedAt)
  if (consent.type !== 'custody' || !isRunning || !includes(consent.period, at)) return false
  return consent.provisions.some(
    ({ type, period, purposes, kinds }) =>
      type === 'permit' &&
      includes(period, at) &&
      purposes.includes('custody') &&
      (kinds.length === 0 || kinds.includes(kind.code))
  )
}
