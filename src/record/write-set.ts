import type { AuditRecord } from '../document/audit-record.ts'
import type { CaseId } from '../document/ids.ts'
import type { Evidence, EvidenceTable, Working, WorkingTable } from './tables.ts'

/** What must still be true at commit. A guard that fails refuses its own set, never a neighbour's. */
export type Guard =
  | { readonly kind: 'case-version'; readonly case: CaseId; readonly version: number; readonly raise: boolean }
  | {
      readonly kind: 'once'
      readonly scope: OnceScope
      readonly key: string
      /** found again by whoever comes second: the id of what the first one made */
      readonly value: string
      /** after this the key may be forgotten */
      readonly expiresAt: number | null
    }
  /** a working row of this key must have this value in `column`; a row that is not there has 0 */
  | {
      readonly kind: 'unchanged'
      readonly table:
        | 'draft'
        | 'receptionCode'
        | 'outbox'
        | 'importRow'
        | 'keyWrap'
        | 'stampDue'
        | 'passkey'
        | 'session'
        | 'accountCode'
        | 'attempt'
        | 'openIdAccount'
      readonly key: Readonly<Record<string, string>>
      readonly column: string
      readonly value: number | string
    }

export type OnceScope =
  | 'document'
  | 'view'
  | 'statement'
  | 'jti'
  | 'revoked'
  | 'idempotency'
  | 'code'
  | 'case'
  | 'party'
  | 'import'
  | 'dpop'
  | 'challenge'
  | 'passkey'

/** Inserts of evidence; `audit`, `auditParty` and `logNode` are written by the commit itself. */
export type EvidenceRows = {
  readonly [Table in Exclude<EvidenceTable, 'audit' | 'auditParty' | 'logNode'>]?: readonly Readonly<Evidence[Table]>[]
}
export type WorkingRows = {
  readonly [Table in Exclude<WorkingTable, 'logHead' | 'once' | 'caseVersion'>]?: readonly Readonly<Working[Table]>[]
}

/** A change as a value: journeys build it, `record/` appends it, nothing else writes evidence (style §2). */
export interface WriteSet {
  readonly guards: readonly Guard[]
  readonly rows: EvidenceRows
  readonly working: WorkingRows
  /** working rows to remove, by some of their columns; removed before `working` is written */
  readonly gone?: readonly { readonly table: WorkingTable; readonly key: Readonly<Record<string, string>> }[]
  /** at least one: nothing happens unlogged */
  readonly audit: readonly [AuditRecord, ...AuditRecord[]]
}
