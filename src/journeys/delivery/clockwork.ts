import type { Logger } from 'pino'
import { buildViews } from './build-views.ts'
import { type NotifyParts, notifyAll } from './notify.ts'
import { openWhatTurned } from './turning-points.ts'

const tickMs = 500
const minuteMs = 60_000

/**
 * What runs without a request: derived documents and webhooks, soon after a commit and each half second; counted refusals each
 * minute; what consents open or end by the clock. One round at a time; a step that fails is told to the log by its name and
 * tried again at the next tick.
 */
export class Clockwork {
  readonly #logger: Pick<Logger, 'error'>
  readonly #now: () => number
  #parts: NotifyParts | undefined
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | undefined
  #isWanted = false
  #flush: () => Promise<void> = async () => undefined
  #flushedAt = 0

  constructor(logger: Pick<Logger, 'error'>, now: () => number) {
    this.#logger = logger
    this.#now = now
  }

  runs(parts: NotifyParts): void {
    this.#parts = parts
  }

  start(flush: () => Promise<void>): void {
    this.#flush = flush
    this.#flushedAt = this.#now()
    this.#timer = setInterval(() => this.wake(), tickMs)
    this.#timer.unref()
  }

  /** Something was committed that may be work. */
  wake(): void {
    this.#isWanted = true
    this.#round ??= this.#rounds().finally(() => {
      this.#round = undefined
    })
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#parts = undefined
    await this.#round
  }

  async #rounds(): Promise<void> {
    while (this.#isWanted && this.#parts) {
      this.#isWanted = false
      const parts = this.#parts
      await this.#step('turning points', () => openWhatTurned(parts))
      await this.#step('views', () => buildViews(parts))
      await this.#step('notifications', () => notifyAll(parts))
      if (this.#now() - this.#flushedAt < minuteMs) continue
      this.#flushedAt = this.#now()
      await this.#step('counts', this.#flush)
    }
  }

  /** One step that fails holds up none of the others. */
  async #step(step: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#logger.error({ step, error: (error as Error)?.name }, 'background step failed')
    }
  }
}
