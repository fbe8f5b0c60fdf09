import type { CaseKind, CasePerson } from '../../document/case.ts'
import type { CaseId, Identifier } from '../../document/ids.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import { custodyConsentRow } from '../consent/custody.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import { checkNumbers } from './check-numbers.ts'
import { caseRows, invitationRow, memberRow, newCode } from './new-case.ts'

export interface Opening {
  readonly kind: CaseKind
  readonly person: CasePerson
  readonly localIdentifier: Identifier | undefined
}

export interface Opened {
  readonly id: CaseId
  readonly identifier: string
  readonly subject: string
  /** for the worker, one use; undefined where the worker opened the case */
  readonly invitation: string | undefined
}

/**
 * Opens a case (申出, domain §3 step 0). The side that opens it names the person; the worker joins by the invitation.
 * A worker who opens a case gives custody with it.
 * @throws Refusal those of `checkNumbers`
 */
export async function openCase(parts: Parts, asked: Asked, opening: Opening): Promise<Opened> {
  const { caller, at } = asked
  const { name: workerName, kana: workerKana, contactWindow } = opening.person
  checkNumbers(opening.localIdentifier, { workerName, workerKana, contactWindow })
  const side = caller.side!
  const made = caseRows(parts, { kind: opening.kind, person: opening.person, openedBy: caller.organization, at })
  const { id, identifier } = made
  const { organization } = caller
  const member = memberRow(parts, made.fresh.key, {
    case: id,
    organization,
    side,
    localIdentifier: opening.localIdentifier,
    at
  })
  const invitation = side === 'worker' ? undefined : newCode(parts)
  const custody =
    side === 'worker' ? custodyConsentRow(parts, made.fresh.key, { case: id, subject: member.subject, at }) : undefined
  await appendAlways(
    parts.record,
    {
      guards: [{ kind: 'case-version', case: id, version: 0, raise: true }],
      rows: {
        caseFile: [made.file],
        caseEvent: [made.event],
        member: [member],
        ...(invitation && {
          invitation: [invitationRow({ mac: invitation.mac, case: id, side: 'worker', by: organization, at })]
        }),
        ...(custody && { consent: [custody.row] })
      },
      working: { keyWrap: [made.fresh.wrap] },
      audit: [
        composer(parts, asked)('case-open', {
          case: { id, identifier },
          organizations: [organization],
          entities: [{ of: 'case', reference: `EpisodeOfCare/${id}` }]
        })
      ]
    },
    new Map([[id, made.fresh.key]])
  )
  return { id, identifier, subject: member.subject, invitation: invitation?.code }
}
