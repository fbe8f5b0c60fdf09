import { randomInt } from 'node:crypto'

/** Numbers that look random and come again with the same seed. */
export interface Random {
  readonly seed: number
  /** from 0 up to 1 */
  next(): number
  /** a whole number below `below` */
  below(below: number): number
  /** @throws TypeError where there is nothing to choose from */
  of<Value>(values: readonly Value[]): Value
}

/** mulberry32: short, and good enough to choose moments. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    seed,
    next,
    below,
    of: values => {
      if (values.length === 0) throw new TypeError('nothing to choose from')
      return values[below(values.length)]!
    }
  }
}

/** `--seed 123` repeats the moments of an earlier run; what the machine does between them it does anew. */
export function seedOfRun(argv: readonly string[] = process.argv): number {
  const at = argv.indexOf('--seed')
  return at === -1 ? randomInt(2 ** 31) : Number(argv[at + 1])
}
