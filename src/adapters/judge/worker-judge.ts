import { Worker } from 'node:worker_threads'
import type { Judge, JudgeRequest, Verdict } from '../../journeys/document/ports.ts'
import { Refusal } from '../../outcome/refusal.ts'

export interface WorkerJudgeOptions {
  /** the module that judges: says `ready`, then answers each request with a verdict */
  readonly entry: URL
  /** for one request, once the worker is ready */
  readonly milliseconds?: number
  /** requests under way and waiting; more are refused */
  readonly most?: number
  readonly heapMegabytes?: number
}

/**
 * Judges in a worker thread, one request after the other, so that no form can keep the event loop from turning. A request
 * that takes too long ends the worker; the next one starts another. The first one starts the first.
 */
export class WorkerJudge implements Judge {
  readonly #entry: URL
  readonly #milliseconds: number
  readonly #most: number
  readonly #heapMegabytes: number
  #worker: Promise<Worker> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #isClosed = false

  constructor({ entry, milliseconds = 2000, most = 16, heapMegabytes = 256 }: WorkerJudgeOptions) {
    this.#entry = entry
    this.#milliseconds = milliseconds
    this.#most = most
    this.#heapMegabytes = heapMegabytes
  }

  async judge(request: JudgeRequest): Promise<Verdict> {
    if (this.#waiting >= this.#most) throw new Refusal('overloaded', { retryAfterSeconds: 1 })
    this.#waiting += 1
    const turn = this.#last.then(() => this.#ask(request))
    this.#last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      this.#waiting -= 1
    }
  }

  /** Lets the request under way come to its end; who still waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last
    await this.#end()
  }

  async #ask(request: JudgeRequest): Promise<Verdict> {
    if (this.#isClosed) throw new Refusal('shutting-down', { retryAfterSeconds: 5 })
    const worker = await this.#ready()
    const asked = Promise.withResolvers<Verdict>()
    const timer = setTimeout(() => asked.resolve({ stopped: 'time' }), this.#milliseconds)
    const ended = () => asked.reject(new Error('the judge ended'))
    worker.once('message', asked.resolve).once('error', asked.reject).once('exit', ended)
    worker.postMessage(request)
    try {
      const verdict = await asked.promise
      if ('stopped' in verdict) await this.#end()
      return verdict
    } catch (error) {
      await this.#end()
      if ((error as { readonly code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') return { stopped: 'memory' }
      throw error
    } finally {
      clearTimeout(timer)
      worker.off('message', asked.resolve).off('error', asked.reject).off('exit', ended)
    }
  }

  #ready(): Promise<Worker> {
    this.#worker ??= this.#start()
    return this.#worker
  }

  async #start(): Promise<Worker> {
    const worker = new Worker(this.#entry, {
      resourceLimits: { maxOldGenerationSizeMb: this.#heapMegabytes },
      // `trace()` of FHIRPath prints what it sees, and that is content: nobody reads it
      stdout: true,
      stderr: true
    })
    worker.stdout.resume()
    worker.stderr.resume()
    // an error that nobody waits for must not end the process; who waits listens too
    worker.on('error', () => undefined)
    const ready = Promise.withResolvers<unknown>()
    worker.once('message', ready.resolve).once('error', ready.reject).once('exit', ready.reject)
    try {
      await ready.promise
      // one that ends between two requests is no longer asked
      worker.once('exit', () => {
        this.#worker = undefined
      })
      return worker
    } catch (cause) {
      this.#worker = undefined
      throw new Error('the judge does not start', { cause })
    } finally {
      worker.off('error', ready.reject).off('exit', ready.reject)
    }
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    // one that did not start has ended already
    await worker?.then(each => each.terminate()).catch(() => undefined)
  }
}
