/**
 * Group commit: what has queued while the last commit ran goes into the next one, up to `most` entries.
 * One entry alone is not delayed: it starts with the end of the current turn of the event loop.
 */
export class Group<Entry, Result> {
  readonly #write: (entries: readonly Entry[]) => readonly Result[] | Promise<readonly Result[]>
  readonly #most: number
  #queue: {
    readonly entry: Entry
    readonly resolve: (result: Result) => void
    readonly reject: (error: unknown) => void
  }[] = []
  #running: Promise<void> | undefined

  constructor(write: (entries: readonly Entry[]) => readonly Result[] | Promise<readonly Result[]>, most: number) {
    this.#write = write
    this.#most = most
  }

  get waiting(): number {
    return this.#queue.length
  }

  add(entry: Entry): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** resolves when nothing is queued or under way */
  async drain(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, this.#most)
      try {
        const results = await this.#write(group.map(({ entry }) => entry))
        for (const [index, { resolve }] of group.entries()) resolve(results[index]!)
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
      // lets requests that have just been answered send their next before the following group is cut
      await new Promise(resolve => setImmediate(resolve))
    }
    this.#running = undefined
  }
}
