import type { RevocationReads } from '../ports.ts'

const pageSize = 500

/**
 * Which tokens were revoked and could still be shown, kept at hand, since every call asks. A revocation made here counts at once;
 * what other gateways revoked comes with `refresh`. Tokens live for minutes, so these are few.
 */
export class RevokedTokens {
  readonly #reads: RevocationReads
  readonly #now: () => number
  #known: ReadonlySet<string> = new Set()
  /** made here while the store was being read */
  #own = new Set<string>()

  constructor(reads: RevocationReads, now: () => number) {
    this.#reads = reads
    this.#now = now
  }

  has(jti: string): boolean {
    return this.#known.has(jti) || this.#own.has(jti)
  }

  /** @param jti of a revocation that is durable */
  add(jti: string): void {
    this.#own.add(jti)
  }

  /** In pages, so that no call waits behind a long list. */
  async refresh(): Promise<void> {
    const own = new Set(this.#own)
    const found = new Set<string>()
    const now = this.#now()
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await this.#reads.revoked(now, { after, limit: pageSize })
      for (const jti of page) found.add(jti)
      after = page.length === pageSize ? page.at(-1) : undefined
    }
    // what was durable before the reading began is in it, or over
    const late = [...this.#own].filter(jti => !own.has(jti))
    this.#known = found
    this.#own = new Set(late)
  }
}
