import type { Logger } from 'pino'

const everyMs = 500

/**
 * Notices keys that a command changed while this gateway runs: a lookup of the file system a file, each half second. What fails is
 * told to the log and tried again at the next look.
 * @param works what there is to do at each look; one that fails keeps none of the others from being done
 */
export function watchKeys(works: readonly (() => unknown)[], logger: Pick<Logger, 'error'>): { stop(): void } {
  const timer = setInterval(() => {
    for (const work of works) {
      try {
        work()
      } catch (error) {
        logger.error({ error: (error as Error)?.name }, 'keys could not be read or published')
      }
    }
  }, everyMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
