import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openSqliteStore } from '../../src/adapters/database/sqlite/store.ts'
import type { AuditRecord } from '../../src/document/audit-record.ts'
import { type AuditId, as, type CaseId, type DocumentId, type OrganizationId } from '../../src/document/ids.ts'
import { openKeyring } from '../../src/record/open-keyring.ts'
import { recordKey } from '../../src/record/seal-record.ts'
import { freshMaster, MastersInHand } from './masters.ts'

export const at = Date.UTC(2026, 8, 1, 0, 0, 0, 123)

/** A store on a file that is gone with the test, and the keys it is sealed under. */
export async function recordSetting(t: Test) {
  const store = await openSqliteStore(join(t.testdir(), 'gateway.db'))
  t.teardown(() => store.close())
  const masters = new MastersInHand(freshMaster('one'))
  const keyring = await openKeyring({ masters, wraps: store.wraps, log: store.log, random: randomBytes })
  const reads = await store.reads(
    async (key, context, sealed) => keyring.open(await keyring.key(key), context, sealed),
    async row => {
      const owner = row.document ?? row.case
      const key = recordKey(owner === null ? keyring.logKey : await keyring.key(owner), row.id)
      return { key, event: keyring.open(key, `audit|${row.id}`, row.sealed) }
    }
  )
  return { store, masters, keyring, reads, parts: { log: store.log, keyring } }
}

export function auditRecord(
  facts: { readonly case?: string; readonly document?: string; readonly organizations?: readonly string[] } = {}
): AuditRecord {
  const id = as<AuditId>(randomUUID())
  return {
    id,
    at,
    act: 'decide',
    outcome: '0',
    case: facts.case === undefined ? undefined : as<CaseId>(facts.case),
    document: facts.document === undefined ? undefined : as<DocumentId>(facts.document),
    organizations: (facts.organizations ?? ['hospital']).map(organization => as<OrganizationId>(organization)),
    event: {
      resourceType: 'AuditEvent',
      id,
      type: { code: 'rest' },
      recorded: '2026-09-01T00:00:00.123Z',
      agent: [{ requestor: true }],
      source: { observer: { display: '主治医' } }
    }
  }
}
