import { type Command, type Exit, exit, type Terminal, WrongUse } from './command.ts'

const program = 'ryoritsu'

/** Finds the command that is named first and runs it with the rest. */
export async function run(
  commands: readonly Command[],
  [name, ...rest]: readonly string[],
  terminal: Terminal
): Promise<Exit> {
  if (name === '--help' || name === 'help') {
    terminal.out(overview(commands))
    return exit.held
  }
  const command = commands.find(each => each.name === name)
  if (!command) {
    if (name !== undefined) terminal.error(`${program}: no such command\n`)
    terminal.error(overview(commands))
    return exit.wrongUse
  }
  if (rest.includes('--help')) {
    terminal.out(usageOf(command))
    return exit.held
  }
  try {
    return await command.run(rest, terminal)
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error
    terminal.error(`${program} ${command.name}: ${error.message}\n\n${usageOf(command)}`)
    return exit.wrongUse
  }
}

const usageOf = ({ usage, meaning }: Command) =>
  `${meaning}\n\n${usage.map(line => `  ${program} ${line}`).join('\n')}\n\n${codes}`

function overview(commands: readonly Command[]): string {
  const blocks = commands.map(({ usage, meaning }) =>
    [...usage.map(line => `  ${program} ${line}`), `      ${meaning}`].join('\n')
  )
  return ['Usage:', ...blocks, '', codes].join('\n')
}

const codes =
  'Ends with 0 if it held, 1 if it did not, 2 for wrong use, 3 if there is nothing to judge by whom to trust.\n' +
  '--json prints one object.'
