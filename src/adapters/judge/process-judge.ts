import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Judge, JudgeRequest, Verdict } from '../../journeys/document/ports.ts'
import { Refusal } from '../../outcome/refusal.ts'

/** How a process ends that could not get the memory it wanted; V8 may also abort it. */
export const outOfMemory = 134

export interface ProcessJudgeOptions {
  /** the module that judges: says `ready`, then answers each message with a verdict; its argument are the megabytes */
  readonly entry: URL
  /** for one request, once the process is ready */
  readonly milliseconds?: number
  /** requests under way and waiting; more are refused */
  readonly most?: number
  readonly heapMegabytes?: number
}

/**
 * Judges in a process of its own, one request after the other: no form can keep the event loop from turning, and none that
 * eats all memory takes the gateway with it, as a thread would where V8 aborts. A request that takes too long ends the
 * process; the next one starts another. The first one starts the first.
 */
export class ProcessJudge implements Judge {
  readonly #entry: URL
  readonly #milliseconds: number
  readonly #most: number
  readonly #heapMegabytes: number
  #process: Promise<ChildProcess> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #isClosed = false

  constructor({ entry, milliseconds = 2000, most = 16, heapMegabytes = 256 }: ProcessJudgeOptions) {
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
    const child = await this.#ready()
    const asked = Promise.withResolvers<Verdict>()
    const timer = setTimeout(() => asked.resolve({ stopped: 'time' }), this.#milliseconds)
    const ended = (code: number | null, signal: string | null) => {
      if (code === outOfMemory || signal === 'SIGABRT') asked.resolve({ stopped: 'memory' })
      else asked.reject(new Error('the judge ended'))
    }
    const answered = (verdict: unknown) => asked.resolve(verdict as Verdict)
    child.once('message', answered).once('exit', ended)
    child.send(request, error => error && asked.reject(error))
    try {
      const verdict = await asked.promise
      if ('stopped' in verdict) await this.#end()
      return verdict
    } catch (error) {
      await this.#end()
      throw error
    } finally {
      clearTimeout(timer)
      child.off('message', answered).off('exit', ended)
    }
  }

  #ready(): Promise<ChildProcess> {
    this.#process ??= this.#start()
    return this.#process
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(fileURLToPath(this.#entry), [String(this.#heapMegabytes)], {
      execArgv: [`--max-old-space-size=${this.#heapMegabytes}`],
      // nothing of our own environment: a form has no business with it
      env: {},
      serialization: 'advanced',
      // `trace()` of FHIRPath prints what it sees, and that is content: nobody reads it
      stdio: ['ignore', 'ignore', 'ignore', 'ipc']
    })
    // an error that nobody waits for must not end the gateway; who waits listens too
    child.on('error', () => undefined)
    const ready = Promise.withResolvers<unknown>()
    child.once('message', ready.resolve).once('error', ready.reject).once('exit', ready.reject)
    try {
      await ready.promise
      // one that ends between two requests is no longer asked
      child.once('exit', () => {
        this.#process = undefined
      })
      return child
    } catch (cause) {
      this.#process = undefined
      throw new Error('the judge does not start', { cause })
    } finally {
      child.off('error', ready.reject).off('exit', ready.reject)
    }
  }

  async #end(): Promise<void> {
    const started = this.#process
    this.#process = undefined
    // one that did not start has ended already
    const child = await started?.catch(() => undefined)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
}
