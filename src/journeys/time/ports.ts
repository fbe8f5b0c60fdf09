import type { DocumentId } from '../../document/ids.ts'
import type { Timestamp } from '../../document/timestamp.ts'
import type { Working } from '../../record/ports.ts'

/** A time-stamp as it is kept beside its document. */
export interface StoredStamp {
  readonly id: string
  readonly document: DocumentId
  /** what was found when it came */
  readonly timestamp: Timestamp
  /** TimeStampResp in DER, as the authority sent it */
  readonly reply: Uint8Array
}

export interface ProofReads {
  /** the time-stamp over the signature of a document */
  stampOf(document: DocumentId): Promise<StoredStamp | undefined>
  /** a time-stamp by its own id */
  stamp(id: string): Promise<StoredStamp | undefined>
  /** documents whose signature has no time-stamp yet and that are due, those that wait the longest first */
  due(now: number, limit: number): Promise<readonly Working['stampDue'][]>
  /** the newest head of the log that was stamped */
  logStamp(): Promise<Working['logStamp'] | undefined>
}

/** The way to a time-stamping authority (RFC 3161 section 3.4). */
export interface TimestampService {
  /**
   * @param query TimeStampReq in DER
   * @returns what it answered, at most 64 KiB; undefined where it did not answer, or not with a reply
   */
  ask(query: Uint8Array): Promise<Uint8Array | undefined>
}
