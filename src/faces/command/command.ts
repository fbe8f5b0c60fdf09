import { readFileSync } from 'node:fs'
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** What a command ends with (contract §2). */
export const exit = { held: 0, failed: 1, wrongUse: 2, untrusted: 3 } as const
export type Exit = (typeof exit)[keyof typeof exit]

/** Standard output and standard error; a line end is added. */
export interface Terminal {
  out(line: string): void
  error(line: string): void
}

/** One row of the command line. */
export interface Command {
  readonly name: string
  readonly meaning: string
  /** one line a form, without the name of the program */
  readonly usage: readonly string[]
  run(args: readonly string[], terminal: Terminal): Promise<Exit>
}

/** The command was called wrongly: nothing was done. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}

type Options = NonNullable<ParseArgsConfig['options']>

/** @throws WrongUse for options that there are not, and for values that are missing */
export function readArguments<const Given extends Options>(args: readonly string[], options: Given) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new WrongUse(error.message)
  }
}

/** @throws WrongUse for a file that cannot be read */
export function readInput(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new WrongUse(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
