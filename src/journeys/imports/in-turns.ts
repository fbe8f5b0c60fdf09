import { setImmediate as nextTurn } from 'node:timers/promises'

const atOnce = 25

/** Maps a long list with a turn of the event loop for others between each few. */
export async function inTurns<From, To>(list: readonly From[], map: (each: From, at: number) => To): Promise<To[]> {
  const mapped: To[] = []
  for (const [at, each] of list.entries()) {
    if (at > 0 && at % atOnce === 0) await nextTurn()
    mapped.push(map(each, at))
  }
  return mapped
}
