import type { Instant } from '../../document/ids.ts'
import { JsonError, type JsonText, readJson } from '../../standards/json.ts'
import { Checks, type Verification, type VerifyParts } from './verification.ts'
import { isCheckpoint, verifyCheckpoint } from './verify-checkpoint.ts'
import { isCheckpointPair, verifyCheckpoints } from './verify-checkpoints.ts'
import { verifyDocument } from './verify-document.ts'
import { verifyReceipt } from './verify-receipt.ts'

export interface VerifyQuestion {
  /** the document that a receipt is said to be of */
  readonly document?: Uint8Array | undefined
  /** a time at which the file is known to have been there */
  readonly at?: Instant | undefined
  /** a time-stamp (reply or token) over the signature of a document, or over a head of the log */
  readonly timestamp?: Uint8Array | undefined
  /** CRLs and OCSP responses that came with the document; their authorities sign them, so that it does not matter who brings them */
  readonly revocation?: readonly Uint8Array[] | undefined
  /** by which certificates are judged where nothing says when a signature was there; undefined: by the time that it claims */
  readonly now?: Instant | undefined
}

/** Deeper than any gateway can be set to take (`RYORITSU_MAX_DEPTH`). */
const maxDepth = 512

/**
 * Verifies a file, offline: what it is follows from its content, whom to believe from `parts.trust` alone. Never throws for
 * anything that a file can hold.
 */
export async function verifyFile(
  bytes: Uint8Array,
  parts: VerifyParts,
  question: VerifyQuestion = {}
): Promise<Verification> {
  const text = Buffer.from(bytes).toString('latin1')
  if (isCompact.test(text)) return verifyReceipt(text.replace(/\n$/, ''), parts, question)
  if (isCheckpoint(text)) return verifyCheckpoint(bytes, parts.trust, question)
  const json = read(bytes)
  if (json instanceof JsonError) return unknown(`neither a receipt nor JSON: ${json.message}`)
  const { value } = json
  if (typeof value === 'object' && value !== null) {
    if ('resourceType' in value && value.resourceType === 'Bundle')
      return verifyDocument({ bytes, json }, parts, question)
    if (isCheckpointPair(value)) return verifyCheckpoints(value, parts.trust)
  }
  return unknown('JSON, but neither a document Bundle nor a pair of checkpoints')
}

/** Three parts of a compact JWS; a line end behind it is the editor's. */
const isCompact = /^[^.{[\s]+\.[^.\s]+\.[^.\s]+\n?$/

function read(bytes: Uint8Array): JsonText | JsonError {
  try {
    return readJson(bytes, { maxDepth })
  } catch (error) {
    if (error instanceof JsonError) return error
    throw error
  }
}

function unknown(detail: string): Verification {
  const checks = new Checks()
  checks.add('kind', false, detail)
  return checks.verification('unknown')
}
