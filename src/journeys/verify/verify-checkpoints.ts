import { decodeBase64url, EncodingError } from '../../standards/base64url.ts'
import { verifyConsistency } from '../../standards/merkle.ts'
import { type Checkpoint, NoteError, type NoteKey, openNote, parseCheckpoint } from '../../standards/signed-note.ts'
import { Checks, type Verification, type VerifyTrust } from './verification.ts'

/** Two heads of one log and what proves that the newer one only grew (contract §2). */
export interface CheckpointPair {
  readonly old: string
  readonly new: string
  /** base64url, leaf to root (RFC 9162 section 2.1.4) */
  readonly proof: readonly string[]
}

export function isCheckpointPair(value: object): value is CheckpointPair {
  const { old, new: newer, proof, ...others } = value as Record<string, unknown>
  const isProof = Array.isArray(proof) && proof.every(each => typeof each === 'string')
  return typeof old === 'string' && typeof newer === 'string' && isProof && Object.keys(others).length === 0
}

/** Verifies that the log was only appended to between two of its signed heads. */
export function verifyCheckpoints(pair: CheckpointPair, { logKeys }: VerifyTrust): Verification {
  const checks = new Checks()
  const older = openCheckpoint('old-checkpoint', pair.old, logKeys, checks)
  const newer = openCheckpoint('new-checkpoint', pair.new, logKeys, checks)
  if (older && newer) {
    const isOne = older.origin === newer.origin
    checks.add('same-log', isOne, `the two heads are ${isOne ? '' : 'not '}of one log`)
    const proof = hashesIn(pair.proof)
    const ok = proof !== undefined && verifyConsistency(older.size, newer.size, older.root, newer.root, proof)
    checks.add(
      'consistency',
      ok,
      ok
        ? `the tree of ${newer.size} leaves begins with the tree of ${older.size}`
        : 'the proof does not show that the newer tree begins with the older one'
    )
  }
  return checks.verification('checkpoints')
}

/** Reads a signed tree head. Without a key to judge it by it is read all the same, and called untrusted. */
export function openCheckpoint(
  name: string,
  note: string,
  keys: readonly NoteKey[],
  checks: Checks
): Checkpoint | undefined {
  try {
    if (keys.length === 0) {
      checks.untrusted(name, 'log.vkey')
      return parseCheckpoint(note.slice(0, note.indexOf('\n\n') + 1))
    }
    const { text, by } = openNote(note, keys)
    const checkpoint = parseCheckpoint(text)
    const isOwn = by.some(({ key }) => key.name === checkpoint.origin)
    checks.add(
      name,
      isOwn,
      isOwn
        ? `head of ${checkpoint.size} leaves, signed by the log`
        : 'signed by a key of another name than the log it names'
    )
    return checkpoint
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    checks.add(name, false, `no head signed by a key of log.vkey: ${error.message}`)
    return undefined
  }
}

/** @returns undefined where one is not the base64url of 32 bytes */
export function hashesIn(texts: readonly string[]): readonly Uint8Array[] | undefined {
  try {
    const hashes = texts.map(decodeBase64url)
    return hashes.every(({ length }) => length === 32) ? hashes : undefined
  } catch (error) {
    if (error instanceof EncodingError) return undefined
    throw error
  }
}
