import { randomFillSync } from 'node:crypto'

const poolBytes = 8192

/**
 * Random bytes from the system's generator, asked for in bunches: a call for each nonce and id of a deposit costs as much as
 * a signature. Every byte is handed out once and wiped from the pool.
 */
export function pooledRandom(): (size: number) => Uint8Array {
  const pool = new Uint8Array(poolBytes)
  let used = poolBytes
  return size => {
    if (size > poolBytes / 8) return randomFillSync(new Uint8Array(size))
    if (used + size > poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    const bytes = pool.slice(used, used + size)
    pool.fill(0, used, used + size)
    used += size
    return bytes
  }
}
