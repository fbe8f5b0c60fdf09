import { decodeBase64url, EncodingError } from '../../standards/base64url.ts'
import { isInstant } from '../../standards/fhir-time.ts'
import { JsonError, readJson } from '../../standards/json.ts'
import { hashesIn } from './verify-checkpoints.ts'

/** The claims of a receipt as far as they can be verified (contract §6.3), decoded. */
export interface ReceiptClaims {
  readonly act: string
  readonly jti: string
  readonly recorded: string
  /** SHA-256 of the document's bytes */
  readonly document: Uint8Array
  readonly bytes: number
  readonly leafIndex: number
  readonly leafHash: Uint8Array
  readonly treeSize: number
  readonly rootHash: Uint8Array
  readonly inclusion: readonly Uint8Array[]
  readonly checkpoint: string
  readonly opening:
    | { readonly id: string; readonly time: string; readonly key: Uint8Array; readonly record: Uint8Array }
    | undefined
}

const acts: readonly unknown[] = ['document-deposit', 'document-disclose', 'consent-withdraw', 'document-erase']

/** @returns undefined for what are not the claims of a receipt; members that are not known are passed over */
export function readReceiptClaims(payload: Uint8Array): ReceiptClaims | undefined {
  const claims = objectIn(payload)
  if (!claims) return undefined
  const { act, jti, recorded, iat, document, bytes, leafIndex, leafHash, treeSize, rootHash, checkpoint } = claims
  const hashes = textsOf([document, leafHash, rootHash])
  const inclusion = textsOf(claims.inclusion)
  const [documentHash, leaf, root] = (hashes && hashesIn(hashes)) ?? []
  const proof = inclusion && hashesIn(inclusion)
  const opening = claims.opening === undefined ? undefined : openingOf(claims.opening)
  if (!acts.includes(act) || typeof jti !== 'string' || typeof checkpoint !== 'string') return undefined
  if (typeof recorded !== 'string' || !isInstant(recorded)) return undefined
  if (iat !== Math.floor(Date.parse(recorded) / 1000)) return undefined
  if (!isCount(bytes) || !isCount(leafIndex) || !isCount(treeSize)) return undefined
  if (!documentHash || !leaf || !root || !proof) return undefined
  if (claims.opening !== undefined && opening === undefined) return undefined
  return {
    act: act as string,
    jti,
    recorded,
    document: documentHash,
    bytes,
    leafIndex,
    leafHash: leaf,
    treeSize,
    rootHash: root,
    inclusion: proof,
    checkpoint,
    opening
  }
}

function openingOf(opening: unknown): ReceiptClaims['opening'] {
  const { id, time, key, record } = (opening ?? {}) as Record<string, unknown>
  if (typeof id !== 'string' || typeof time !== 'string') return undefined
  try {
    if (typeof key !== 'string' || typeof record !== 'string') return undefined
    return { id, time, key: decodeBase64url(key), record: decodeBase64url(record) }
  } catch (error) {
    if (error instanceof EncodingError) return undefined
    throw error
  }
}

function objectIn(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const { value } = readJson(payload, { maxDepth: 8 })
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

function textsOf(values: unknown): readonly string[] | undefined {
  return Array.isArray(values) && values.every(value => typeof value === 'string') ? values : undefined
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
