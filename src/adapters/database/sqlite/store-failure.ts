import { Refusal } from '../../../outcome/refusal.ts'

/** Primary result codes that speak of our own statement or row, not of disk, lock or file. */
const ownDefects = new Set([
  1, // SQLITE_ERROR
  18, // SQLITE_TOOBIG
  19, // SQLITE_CONSTRAINT
  20, // SQLITE_MISMATCH
  21, // SQLITE_MISUSE
  25 // SQLITE_RANGE
])

/**
 * Whether an error of `node:sqlite` says that the store is not to be had: busy, full, broken, closed. What it says of a
 * statement or of a row is a defect of ours and stays one.
 * @see https://sqlite.org/rescode.html
 */
export function isStoreFailure(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number') return !ownDefects.has(errcode & 0xff)
  // the connection was closed
  return code === 'ERR_INVALID_STATE'
}

/** The error as a caller may see it: a store that fails is 503, anything else stays what it is. */
export function storeError(error: unknown): unknown {
  return isStoreFailure(error) ? new Refusal('store-unavailable', { cause: error, retryAfterSeconds: 1 }) : error
}
