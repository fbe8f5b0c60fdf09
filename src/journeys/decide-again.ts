import { Refusal } from '../outcome/refusal.ts'

const attempts = 8

/**
 * Runs a decision and its commit again where the case moved on in between. The guard refused the write set, so nothing of
 * it was stored; after some rounds the caller is told `decision-changed` and may repeat.
 */
export async function decideAgain<Result>(decideAndAppend: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await decideAndAppend()
    } catch (error) {
      const isOutrun = error instanceof Refusal && error.key === 'decision-changed'
      if (!isOutrun || attempt === attempts) throw error
    }
  }
}
