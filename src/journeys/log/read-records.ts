import { isDoubted, memberOf } from '../../document/case.ts'
import type { CaseId } from '../../document/ids.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import type { StoredRecord } from '../ports.ts'

export interface RecordQuery {
  /** value in `{c}/IdSystem/case-subject`, as the caller's organisation knows the worker */
  readonly subject: string | undefined
  readonly act: string | undefined
  readonly outcome: string | undefined
  readonly from: number | undefined
  readonly until: number | undefined
  readonly raw: string
}

/**
 * Records of the log, newest first: a worker sees all about the own case, an auditor those to which the organisation was a
 * party. An auditor's look is itself recorded, before it is answered (design §2).
 */
export async function searchRecords(
  parts: Parts,
  asked: Asked,
  query: RecordQuery,
  page: { readonly beforeLeaf: number | undefined; readonly limit: number }
): Promise<{ found: readonly StoredRecord[]; next: number | undefined }> {
  const { caller } = asked
  const { subject, raw, ...filter } = query
  const id = subject === undefined ? undefined : await parts.cases.bySubject(caller.organization, subject)
  if (caller.side === 'worker' && subject === undefined)
    throw new Refusal('parameter-invalid', { at: ['patient.identifier'] })
  const isNobody = subject !== undefined && (id === undefined || (await isHidden(parts, asked, id)))
  await recordLook(parts, asked, id, raw)
  if (isNobody) return { found: [], next: undefined }
  const organization = caller.side === 'worker' ? undefined : caller.organization
  const found = await parts.audit.search({ ...filter, case: id, organization }, { ...page, limit: page.limit + 1 })
  return {
    found: found.slice(0, page.limit),
    next: found.length > page.limit ? found[page.limit - 1]!.leaf : undefined
  }
}

/** @throws Refusal `not-found` also for records of others */
export async function readRecord(parts: Parts, asked: Asked, id: string): Promise<StoredRecord> {
  const record = await parts.audit.record(id)
  if (!record || !(await mayRead(parts, asked, record))) throw new Refusal('not-found')
  await recordLook(parts, asked, record.case, `AuditEvent/${id}`)
  return record
}

async function mayRead(parts: Parts, { caller }: Asked, record: StoredRecord): Promise<boolean> {
  if (caller.side !== 'worker') return parts.audit.isParty(caller.organization, record.leaf)
  const snapshot = record.case && (await parts.cases.byId(record.case))
  return snapshot !== undefined && memberOf(snapshot, caller.organization) !== undefined && !isDoubted(snapshot, caller)
}

const isHidden = async (parts: Parts, { caller }: Asked, id: CaseId): Promise<boolean> => {
  const snapshot = caller.side === 'worker' ? await parts.cases.byId(id) : undefined
  return snapshot !== undefined && isDoubted(snapshot, caller)
}

async function recordLook(parts: Parts, asked: Asked, id: StoredRecord['case'], raw: string): Promise<void> {
  if (asked.caller.side === 'worker') return
  const snapshot = id && (await parts.cases.byId(id))
  const workers = snapshot?.members.filter(member => member.side === 'worker').map(member => member.organization) ?? []
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, asked)('audit-read', {
        case: snapshot,
        organizations: [asked.caller.organization, ...workers],
        entities: [{ of: 'query', raw }]
      })
    ]
  })
}
