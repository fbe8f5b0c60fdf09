import { DerError, readPlace } from '../../standards/der-element.ts'

/** No entry is shorter: a number of one byte and a UTCTime. */
const minEntryBytes = 20
/** so many numbers in a row collide only where somebody chose them, or wrote one number again and again */
const maxSteps = 1000

/**
 * Finds the entry of a serial number in a list without a text for each: an open hash table of offsets into the list's own bytes,
 * 4 MiB for a list of 10 MiB. An authority below one that is believed may choose numbers which collide: its list is then none.
 */
export class SerialIndex {
  readonly #bytes: Uint8Array
  readonly #table: Uint32Array

  /** @param size bytes of all entries together */
  constructor(bytes: Uint8Array, size: number) {
    this.#bytes = bytes
    this.#table = new Uint32Array(2 ** Math.ceil(Math.log2((size / minEntryBytes) * 1.5 + 2)))
  }

  /**
   * @param at where an entry begins; its number's content lies from `from` to `end`
   * @throws DerError where too many collide
   */
  add(at: number, from: number, end: number): void {
    const table = this.#table
    let slot = this.#slotOf(this.#bytes, from, end)
    for (let steps = 0; table[slot] !== 0; steps += 1) {
      if (steps === maxSteps) throw new DerError('numbers that collide')
      slot = (slot + 1) & (table.length - 1)
    }
    table[slot] = at
  }

  /** @param serial content of the INTEGER @returns where the first entry of this number begins */
  find(serial: Uint8Array): number | undefined {
    let slot = this.#slotOf(serial, 0, serial.length)
    for (let at = this.#table[slot]!; at !== 0; at = this.#table[slot]!) {
      const { from, end } = readPlace(this.#bytes, readPlace(this.#bytes, at).from)
      if (Buffer.compare(this.#bytes.subarray(from, end), serial) === 0) return at
      slot = (slot + 1) & (this.#table.length - 1)
    }
    return undefined
  }

  /** FNV-1a (32 bits) */
  #slotOf(bytes: Uint8Array, from: number, end: number): number {
    let hash = 0x811c9dc5
    for (let i = from; i < end; i += 1) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    return (hash ^ (hash >>> 15)) & (this.#table.length - 1)
  }
}
