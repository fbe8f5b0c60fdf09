import type { Logger } from 'pino'
import { sweepExpired } from '../access/sweep-expired.ts'
import type { DepositParts } from '../document/deposit.ts'
import { dropExpired } from '../imports/drop-expired.ts'
import { writeRows } from '../imports/write-rows.ts'
import { stampCheckpoint } from '../time/stamp-checkpoint.ts'
import { stampSignatures } from '../time/stamp-signatures.ts'
import { buildViews } from './build-views.ts'
import { type NotifyParts, notifyAll } from './notify.ts'
import { openWhatTurned } from './turning-points.ts'

type ClockParts = NotifyParts & DepositParts

const tickMs = 500
const minuteMs = 60_000

/**
 * What runs without a request: derived documents and webhooks, soon after a commit and each half second; rows of imports; time-stamps; each
 * minute counted refusals, and imports, keys and answers past their time; what consents open or end by the clock. One round at a time; a step that
 * fails is told to the log by its name and tried again at the next tick.
 */
export class Clockwork {
  readonly #logger: Pick<Logger, 'error'>
  readonly #now: () => number
  #parts: ClockParts | undefined
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | undefined
  #importing: Promise<void> | undefined
  #stamping: Promise<void> | undefined
  #stampFailures = 0
  #stampAgainAt = 0
  #isWanted = false
  #flush: () => Promise<void> = async () => undefined
  #flushedAt = 0

  constructor(logger: Pick<Logger, 'error'>, now: () => number) {
    this.#logger = logger
    this.#now = now
  }

  runs(parts: ClockParts): void {
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
    this.#importing ??= this.#imports().finally(() => {
      this.#importing = undefined
    })
    this.#stamping ??= this.#stamps().finally(() => {
      this.#stamping = undefined
    })
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#parts = undefined
    await this.#round
    await this.#importing
    await this.#stamping
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
      await this.#step('expired imports', () => dropExpired(parts))
      await this.#step('expired keys and answers', () => sweepExpired(parts))
    }
  }

  /** Beside the rounds: a long file holds up no release, a slow webhook no file. */
  async #imports(): Promise<void> {
    let isMore = true
    while (isMore && this.#parts) {
      const parts = this.#parts
      isMore = false
      await this.#step('imports', async () => {
        isMore = await writeRows(parts)
      })
    }
  }

  /** Beside the rounds, too: an authority may take its time, or be away, and is then left alone for a while. */
  async #stamps(): Promise<void> {
    if (this.#now() < this.#stampAgainAt) return
    let isDone = true
    for (let isMore = true; isMore && isDone && this.#parts; ) {
      const parts = this.#parts
      isDone = await this.#step('time-stamps', async () => {
        isMore = await stampSignatures(parts)
      })
      isDone &&= await this.#step('time-stamp of the log', () => stampCheckpoint(parts))
    }
    this.#stampFailures = isDone ? 0 : this.#stampFailures + 1
    if (!isDone) this.#stampAgainAt = this.#now() + Math.min(minuteMs, tickMs * 2 ** this.#stampFailures)
  }

  /** One step that fails holds up none of the others. @returns whether it came to its end */
  async #step(step: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      const { name, fault } = error as { name?: unknown; fault?: unknown }
      this.#logger.error({ step, error: name, ...(fault !== undefined && { fault }) }, 'background step failed')
      return false
    }
  }
}
