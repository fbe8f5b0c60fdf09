import { existsSync, statSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import { Refusal } from '../../outcome/refusal.ts'
import { type PoolLimits, TokenPool } from './token-pool.ts'
import { type Asked, type Problem, type TokenAnswer, TokenProblem } from './token-request.ts'

export interface ModuleLimits extends PoolLimits {
  /** requests under way or waiting; more are refused */
  readonly waiting: number
  /** a token that is gone is not looked for more often than this (milliseconds) */
  readonly pause: number
}

const limits: ModuleLimits = { threads: 4, milliseconds: 10_000, waiting: 1000, pause: 1000 }
/** Threads that wait for a token that does not answer; with more of them the token is given up until some come back. */
const mostStuck = 8

/**
 * A PKCS#11 module, opened when it is first asked. Whatever goes wrong with it (sessions, the token, the module itself), it is
 * closed and opened anew and the question asked once more: so a token that was pulled and put back, or a network module
 * whose peer was away, is used again as soon as it is there.
 */
export class TokenModule {
  readonly #path: string
  readonly #limits: ModuleLimits
  #pool: Promise<TokenPool> | undefined
  #isClosed = false
  #asking = 0
  #closing: Promise<unknown> = Promise.resolve()
  readonly #stuck = new Set<Worker>()
  #gone: { readonly until: number; readonly problem: Problem } | undefined
  /** what the file of a PIN that was refused looked like */
  readonly #refusedPins = new Map<string, string>()

  constructor(path: string, own: Partial<ModuleLimits> = {}) {
    this.#path = path
    this.#limits = { ...limits, ...own }
  }

  /**
   * @throws TokenProblem
   * @throws Refusal `overloaded`, `shutting-down`
   */
  async ask(asked: Asked): Promise<Exclude<TokenAnswer, Problem>> {
    if (this.#asking >= this.#limits.waiting) throw new Refusal('overloaded', { retryAfterSeconds: 1 })
    this.#asking += 1
    try {
      return await this.#ask(asked)
    } finally {
      this.#asking -= 1
    }
  }

  /** What is under way comes to its end; nothing is asked any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#drop(this.#pool)
    await this.#closing
  }

  async #ask(asked: Asked): Promise<Exclude<TokenAnswer, Problem>> {
    const { pinFile } = asked.place
    if (this.#gone && this.#gone.until > Date.now()) throw problem(this.#gone.problem)
    if (this.#refusedPins.has(pinFile) && this.#refusedPins.get(pinFile) === stampOf(pinFile)) {
      throw new TokenProblem(`${pinFile}: not the PIN, and not tried again before the file changes`, 'pin')
    }
    const first = await this.#try(asked)
    const answer = isLost(first) ? await this.#try(asked) : first
    if (!('problem' in answer)) return answer
    if (answer.reason === 'pin') this.#refusedPins.set(pinFile, stampOf(pinFile))
    if (answer.reason === 'lost') this.#gone = { until: Date.now() + this.#limits.pause, problem: answer }
    throw problem(answer)
  }

  async #try(asked: Asked): Promise<TokenAnswer> {
    if (this.#isClosed) throw new Refusal('shutting-down', { retryAfterSeconds: 5 })
    if (this.#stuck.size >= mostStuck) return { problem: 'the token does not answer', reason: 'lost' }
    this.#pool ??= this.#closing.then(() => this.#open())
    const opened = this.#pool
    try {
      const pool = await opened
      const answer = await pool.ask(asked)
      if (isLost(answer)) void this.#drop(opened)
      return answer
    } catch (error) {
      if (!(error instanceof TokenProblem)) throw error
      if (this.#pool === opened) this.#pool = undefined
      return { problem: error.message, reason: error.reason }
    }
  }

  #open(): Promise<TokenPool> {
    if (!existsSync(this.#path)) throw new TokenProblem(`${this.#path}: there is no such PKCS#11 module`)
    return TokenPool.open(this.#path, this.#limits, this.#stuck)
  }

  /** The module is given back before it is taken again, or the old threads would end the sessions of the new ones. */
  async #drop(opened: Promise<TokenPool> | undefined): Promise<void> {
    if (opened === undefined || this.#pool !== opened) return
    this.#pool = undefined
    const closed = opened.then(
      pool => pool.close(),
      () => undefined
    )
    this.#closing = closed
    await closed
  }
}

const isLost = (answer: TokenAnswer): boolean => 'problem' in answer && answer.reason === 'lost'

const problem = ({ problem: text, reason }: Problem): TokenProblem => new TokenProblem(text, reason)

function stampOf(file: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(file, { bigint: true })
    return `${ino} ${mtimeNs} ${size}`
  } catch {
    return ''
  }
}
