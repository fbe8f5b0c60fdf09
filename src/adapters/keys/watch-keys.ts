import type { Logger } from 'pino'

const everyMs = 500

/**
 * Notices keys that a command changed while this gateway runs: two lookups of the file system a file, each half second.
 * @param looks each reads what was replaced since and says whether something was
 * @param changed called after each change
 */
export function watchKeys(
  looks: readonly (() => boolean)[],
  changed: () => void,
  logger: Pick<Logger, 'error'>
): { stop(): void } {
  const timer = setInterval(() => {
    // one file that cannot be read keeps none of the others from being noticed
    const found = looks.map(look => orTold(look, 'keys could not be read'))
    if (found.includes(true)) orTold(changed, 'keys could not be published')
  }, everyMs)
  const orTold = <Result>(work: () => Result, failure: string): Result | undefined => {
    try {
      return work()
    } catch (error) {
      logger.error({ error: (error as Error)?.name }, failure)
      return undefined
    }
  }
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
