import { createHash, hash } from 'node:crypto'

/** RFC 9162 leaf: one byte 0 before the entry. */
export const leafHash = (entry: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([Buffer.of(0), entry]), 'buffer') as Buffer

/** An append-only tree (RFC 9162) as its peaks: few hashes for a leaf, few for the root, nothing is proved. */
export class MerkleLog {
  size = 0
  readonly #peaks: (Buffer | undefined)[] = []

  append(leaf: Buffer): void {
    let node = leaf
    let level = 0
    for (; this.#peaks[level]; level++) {
      node = nodeHash(this.#peaks[level]!, node)
      this.#peaks[level] = undefined
    }
    this.#peaks[level] = node
    this.size++
  }

  root(): Buffer {
    let root: Buffer | undefined
    for (const peak of this.#peaks) if (peak) root = root ? nodeHash(peak, root) : peak
    return root!
  }
}

const nodeHash = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest()
