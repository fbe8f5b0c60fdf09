import { Worker } from 'node:worker_threads'
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
  /** labels of tokens in which a request has succeeded, and of those in which the first ones are being tried */
  readonly #opened = new Set<string>()
  readonly #opening = new Set<string>()
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

  ask(request: Asked): Promise<TokenAnswer> {
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
    const next = () => this.#queue.findIndex(({ request }) => this.#mayAsk(request))
    while (this.#idle.length > 0) {
      const index = next()
      if (index < 0) return
      const [{ request, answered }] = this.#queue.splice(index, 1) as [Waiting]
      this.#track(this.#askOnce(this.#idle.pop()!, request).then(answered.resolve))
    }
    const busy = this.#underWay.size
    const hasRoom = busy === this.#threads.size && busy < this.#limits.threads
    // one at a time: each start is under way itself
    if (hasRoom && this.#mayGrow && next() >= 0) this.#track(this.#grow())
  }

  /** Logging in with a wrong PIN from every thread would lock the token: until one has got in, the others wait. */
  #mayAsk({ place: { token } }: Asked): boolean {
    return this.#opened.has(token) || !this.#opening.has(token)
  }

  async #askOnce(thread: Worker, request: Asked): Promise<TokenAnswer> {
    const { token } = request.place
    this.#opening.add(token)
    const answer = await this.#ask(thread, request)
    this.#opening.delete(token)
    if (!('problem' in answer)) this.#opened.add(token)
    else if (answer.reason === 'pin') this.#refuse(token, answer)
    return answer
  }

  /** Who waits for a token that nobody gets into is told so, without being tried. */
  #refuse(token: string, answer: TokenAnswer): void {
    const others = this.#queue.filter(({ request }) => request.place.token !== token)
    for (const { request, answered } of this.#queue.splice(0)) {
      if (request.place.token === token) answered.resolve(answer)
    }
    this.#queue.push(...others)
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
