/** Where an entry begins in the list, and the content of its serial number. */
interface Place {
  readonly at: number
  readonly from: number
  readonly end: number
}

const placesAtOnce = 20_000

/**
 * Finds a serial number in a list without a text for each: an open hash table of offsets into the list's own bytes, so that
 * 250,000 entries take 6 MiB and not 40. Only lists whose signature holds are put in, so nobody can choose numbers that collide.
 */
export class SerialIndex {
  readonly #bytes: Uint8Array
  /** of each entry: where it begins, and its number's content */
  #places: number[] = []
  #table = new Uint32Array(0)

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  add({ at, from, end }: Place): void {
    this.#places.push(at, from, end)
  }

  /** Fills the table, once all are there. @param pause lets others have their turn */
  async build(pause: () => Promise<unknown>): Promise<void> {
    const count = this.#places.length / 3
    this.#table = new Uint32Array(2 ** Math.ceil(Math.log2(count * 2 + 2)))
    for (let entry = 0; entry < count; entry += 1) {
      const [from, end] = [this.#places[entry * 3 + 1]!, this.#places[entry * 3 + 2]!]
      let slot = this.#slotOf(this.#bytes, from, end)
      while (this.#table[slot] !== 0) slot = (slot + 1) & (this.#table.length - 1)
      this.#table[slot] = entry + 1
      if (entry % placesAtOnce === placesAtOnce - 1) await pause()
    }
    this.#packed = Uint32Array.from(this.#places)
    this.#places = []
  }

  #packed = new Uint32Array(0)

  /** @param serial content of the INTEGER @returns where its entry begins */
  find(serial: Uint8Array): number | undefined {
    if (this.#table.length === 0) return undefined
    let slot = this.#slotOf(serial, 0, serial.length)
    for (let entry = this.#table[slot]!; entry !== 0; entry = this.#table[slot]!) {
      const [at, from, end] = this.#packed.subarray((entry - 1) * 3, entry * 3)
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
