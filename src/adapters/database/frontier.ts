import type { Frontier } from '../../standards/merkle.ts'

const hashBytes = 32

/** The peaks of the log as one column: 32 bytes each, largest tree first; their number follows from the size. */
export function encodeFrontier(frontier: Frontier): Uint8Array {
  return Buffer.concat(frontier)
}

export function decodeFrontier(size: number, bytes: Uint8Array): Frontier {
  const peaks = size.toString(2).replaceAll('0', '').length
  if (size > 0 && bytes.length !== peaks * hashBytes) throw new TypeError('logHead: frontier and size disagree')
  const count = size === 0 ? 0 : peaks
  return Array.from({ length: count }, (_, peak) => bytes.slice(peak * hashBytes, (peak + 1) * hashBytes))
}
