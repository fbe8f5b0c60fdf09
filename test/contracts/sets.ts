import { randomUUID } from 'node:crypto'
import { as, type CaseId } from '../../src/document/ids.ts'
import type { Guard, PreparedRecord, PreparedSet } from '../../src/record/ports.ts'
import { leafHash } from '../../src/standards/merkle.ts'

/** A set as the record station hands it on: one audit record unless `records` says otherwise. */
export function preparedSet(parts: Partial<PreparedSet> = {}): PreparedSet {
  return { guards: [], rows: [], working: [], gone: [], records: [preparedRecord()], ...parts }
}

export function preparedRecord(
  id: string = randomUUID(),
  organizations: readonly string[] = ['hospital']
): PreparedRecord {
  const entry = JSON.stringify({ hmac: 'AAAA', id, time: '2026-09-01T00:00:00.000Z' })
  return {
    row: { id, act: 'decide', outcome: '0', case: 'case', document: null, entry, sealed: Buffer.from(id), at: 1 },
    organizations,
    leafHash: leafHash(Buffer.from(entry))
  }
}

/** A plain row of evidence with a key of its own. */
export const invitation = (codeMac: string) => ({
  table: 'invitation',
  rows: [{ codeMac, case: 'case', side: 'hospital', by: 'worker', expiresAt: 2, at: 1 }]
})

export const draft = (id: string, revision: number) => ({
  table: 'draft',
  rows: [{ case: id, kind: 'work-information', sealed: Buffer.from('x'), revision, at: 1 }]
})

export const caseAt = (id: string, version: number, raise = false): Guard => ({
  kind: 'case-version',
  case: as<CaseId>(id),
  version,
  raise
})

export const onceFor = (key: string, value: string): Guard => ({
  kind: 'once',
  scope: 'document',
  key,
  value,
  expiresAt: null
})

export const draftAt = (id: string, revision: number): Guard => ({
  kind: 'unchanged',
  table: 'draft',
  key: { case: id, kind: 'work-information' },
  column: 'revision',
  value: revision
})
