import type { Logger } from 'pino'
import type { PartnerReads } from '../ports.ts'

const everyMs = 500

/** What is watched, by one reading. */
interface Watched {
  refresh(): Promise<unknown>
  /** the same list until a partner changes */
  readonly all: PartnerReads['all']
}

/**
 * Notices partners that another process added, changed or disabled on the same store (`ryoritsu partner`, another gateway) and tokens
 * that another gateway revoked: asked each half second. Apart from the clockwork, whose round may wait for a slow webhook.
 */
export class PartnerWatch {
  readonly #partners: Watched
  readonly #logger: Pick<Logger, 'error'>
  readonly #changed: () => void
  #known: ReturnType<PartnerReads['all']> | undefined
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | undefined

  /** @param changed called at the start and after each change, whoever made it */
  constructor(partners: Watched, logger: Pick<Logger, 'error'>, changed: () => void) {
    this.#partners = partners
    this.#logger = logger
    this.#changed = changed
  }

  start(): void {
    this.#look()
    this.#timer = setInterval(() => this.#look(), everyMs)
    this.#timer.unref()
  }

  /** With a last look, so that nothing that was there is missed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#round
    await this.#refresh()
  }

  #look(): void {
    this.#round ??= this.#refresh().finally(() => {
      this.#round = undefined
    })
  }

  async #refresh(): Promise<void> {
    try {
      await this.#partners.refresh()
      const all = this.#partners.all()
      if (all === this.#known) return
      this.#known = all
      this.#changed()
    } catch (error) {
      this.#logger.error({ error: (error as Error)?.name }, 'partners and revocations could not be read')
    }
  }
}
