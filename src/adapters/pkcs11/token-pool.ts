import { Worker } from 'node:worker_threads'
import { Refusal } from '../../outcome/refusal.ts'
import {
  type Asked,
  type ThreadStart,
  type ThreadStarted,
  type TokenAnswer,
  TokenProblem,
  type TokenRequest
} from './token-request.ts'

interface Waiting {
  readonly request: Asked
  readonly answered: PromiseWithResolvers<TokenAnswer>
}

export interface PoolLimits {
  readonly threads: number
  /** for one answer of the token */
  readonly milliseconds: number
  /** requests that wait for a thread; more are refused */
  readonly waiting: number
}

/**
 * Threads that hold sessions with the tokens of one module. The first one initialises the module, further ones are started when
 * all are busy. A pool is used until something fails; then it is closed and another opened, as if the gateway began anew.
 */
export class TokenPool {
  readonly #module: string
  readonly #limits: PoolLimits
  readonly #threads = new Set<Worker>()
  readonly #idle: Worker[] = []
  readonly #queue: Waiting[] = []
  readonly #stuck: Set<Worker>
  #mayGrow = true
  readonly #underWay = new Set<Promise<unknown>>()
  #isClosing = false

  private constructor(module: string, limits: PoolLimits, stuck: Set<Worker>) {
    this.#module = module
    this.#limits = limits
    this.#stuck = stuck
  }

  /**
   * @param stuck threads that wait for a token which does not answer, of this pool and of former ones: they cannot be ended
   *   before it does, and have the module in their hands so long
   * @throws TokenProblem where the package or the module cannot be loaded
   */
  static async open(module: string, limits: PoolLimits, stuck: Set<Worker>): Promise<TokenPool> {
    const pool = new TokenPool(module, limits, stuck)
    pool.#idle.push(await pool.#start(true))
    return pool
  }

  /** @throws Refusal `overloaded` */
  ask(request: Asked): Promise<TokenAnswer> {
    if (this.#queue.length >= this.#limits.waiting) throw new Refusal('overloaded', { retryAfterSeconds: 1 })
    const answered = Promise.withResolvers<TokenAnswer>()
    this.#queue.push({ request, answered })
    this.#next()
    return answered.promise
  }

  /** Lets what is under way come to its end and gives the module back; who still waits is told that the token is lost. */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const { answered } of this.#queue.splice(0)) answered.resolve(lost('the module is being closed'))
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    const free = [...this.#threads].filter(thread => !this.#stuck.has(thread))
    for (const thread of free) {
      const exit = new Promise(resolve => thread.once('exit', resolve))
      const finalize = thread === free.at(-1) && this.#stuck.size === 0
      thread.postMessage({ ask: 'close', finalize } satisfies TokenRequest)
      await exit
    }
  }

  #next(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0) {
      const { request, answered } = this.#queue.shift()!
      this.#track(this.#ask(this.#idle.pop()!, request).then(answered.resolve))
    }
    const busy = this.#underWay.size
    // one at a time: each start is under way itself
    if (this.#queue.length > 0 && busy === this.#threads.size && busy < this.#limits.threads && this.#mayGrow)
      this.#track(this.#grow())
  }

  #track(work: Promise<unknown>): void {
    this.#underWay.add(work)
    void work.finally(() => {
      this.#underWay.delete(work)
      if (!this.#isClosing) this.#next()
    })
  }

  /** Who waits is served by the others, should it fail. */
  async #grow(): Promise<void> {
    try {
      this.#idle.push(await this.#start(false))
    } catch {
      this.#mayGrow = false
    }
  }

  async #ask(thread: Worker, request: Asked): Promise<TokenAnswer> {
    const asked = Promise.withResolvers<TokenAnswer>()
    const timer = setTimeout(() => {
      this.#stuck.add(thread)
      thread.unref()
      asked.resolve(lost('the token does not answer'))
    }, this.#limits.milliseconds)
    const ended = () => asked.resolve(lost('the thread ended'))
    thread.once('exit', ended)
    thread.once('message', (answer: TokenAnswer) => {
      thread.off('exit', ended)
      // the others of its pool are closed by now
      if (this.#stuck.delete(thread)) thread.postMessage({ ask: 'close', finalize: false } satisfies TokenRequest)
      else this.#idle.push(thread)
      asked.resolve(answer)
    })
    thread.postMessage(request)
    try {
      return await asked.promise
    } finally {
      clearTimeout(timer)
    }
  }

  async #start(initialize: boolean): Promise<Worker> {
    const workerData: ThreadStart = { module: this.#module, initialize }
    const thread = new Worker(new URL('./token-thread.ts', import.meta.url), { workerData })
    const started = await new Promise<ThreadStarted>(resolve => {
      thread.once('message', resolve)
      thread.once('error', () => resolve(lost('the thread could not be started')))
    })
    if (started !== 'ready') throw new TokenProblem(started.problem, started.reason)
    thread.on('error', () => undefined)
    thread.once('exit', () => {
      this.#threads.delete(thread)
      this.#stuck.delete(thread)
      if (this.#idle.includes(thread)) this.#idle.splice(this.#idle.indexOf(thread), 1)
    })
    this.#threads.add(thread)
    return thread
  }
}

const lost = (problem: string) => ({ problem, reason: 'lost' }) as const
