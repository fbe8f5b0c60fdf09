import type { Caller } from '../../document/caller.ts'
import type { CaseId, OrganizationId, RequestId } from '../../document/ids.ts'
import type { PlainAnswers } from '../../forms/plain.ts'
import type { Issue } from '../../outcome/issue.ts'

/** Many drafts out of one file (contract §10). */
export interface StoredImport {
  readonly id: string
  readonly organization: OrganizationId
  readonly total: number
  readonly by: ImportedBy
}

/** Who sent the file, as the records about each row say it. */
export interface ImportedBy {
  readonly request: RequestId
  readonly address: string
  readonly caller: Omit<Caller, 'scopes'>
  /** of the form */
  readonly version: string
}

export interface WaitingRow {
  readonly import: StoredImport
  readonly row: number
  /** as the file names it: number or id */
  readonly case: string
  readonly answers: PlainAnswers
  /** what was already seen to be wrong when the file came in; `expression` is the column */
  readonly issues: readonly Issue[]
}

export interface ImportedRow {
  readonly row: number
  /** number of the case, where it is one of the organisation */
  readonly case: string | undefined
  /** empty: the draft was written; else nothing was. `expression` is the column */
  readonly issues: readonly Issue[]
}

export interface ImportReads {
  import(id: string): Promise<StoredImport | undefined>
  /** what has come of the rows so far, in order of the file */
  done(id: string): Promise<readonly ImportedRow[]>
  /** rows that are still to be written, oldest import first */
  waiting(limit: number): Promise<readonly WaitingRow[]>
  /** whether a row of this import wrote the draft of this case */
  hasWritten(id: string, of: CaseId): Promise<boolean>
  expired(now: number, limit: number): Promise<readonly StoredImport[]>
}
