import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { minutesPerFile } from '../sizes.ts'

/**
 * Runs the long tests of this folder one after the other, each under its own time limit, and closes with the totals. Shown are
 * comments and what fails. `node test/long/run.ts kill strace` runs those whose names begin so.
 */
interface Outcome {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const graceMinutes = 1
let running: ChildProcess | undefined
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop('SIGKILL', 1))

const wanted = process.argv.slice(2)
const names = readdirSync(import.meta.dirname)
  .filter(name => name.endsWith('.long.ts'))
  .filter(name => wanted.length === 0 || wanted.some(begin => name.startsWith(begin)))
  .sort()

const outcomes: Outcome[] = []
for (const name of names) outcomes.push(await run(name))
const total = (of: keyof Outcome) => outcomes.reduce((sum, outcome) => sum + outcome[of], 0)
process.stdout.write(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped\n`)
process.exitCode = total('failed') > 0 || total('passed') === 0 ? 1 : 0

async function run(name: string): Promise<Outcome> {
  process.stdout.write(`\n== ${name}\n`)
  const started = performance.now()
  // a group of its own, so that gateways which it started end with it
  const child = spawn(process.execPath, [join(import.meta.dirname, name)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1' }
  })
  running = child
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
  let isLate = false
  const limit = setTimeout(
    () => {
      isLate = true
      stop('SIGKILL')
    },
    (minutesPerFile + graceMinutes) * 60_000
  )
  let closing = ''
  let failure: string | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^# \{ .* \}$/u.test(line)) closing = line
    else failure = shown(line, failure)
  }
  const code = await ended
  clearTimeout(limit)
  running = undefined

  const count = (...of: readonly string[]) =>
    of.reduce((sum, key) => sum + Number(new RegExp(`\\b${key}: (\\d+)`, 'u').exec(closing)?.[1] ?? 0), 0)
  const failed = Math.max(count('fail'), code === 0 && !isLate && closing !== '' ? 0 : 1)
  const seconds = Math.round((performance.now() - started) / 1000)
  const why = isLate ? ', stopped at its time limit' : ''
  process.stdout.write(`== ${name}: ${failed === 0 ? 'ok' : 'FAILED'} in ${seconds} s${why}\n`)
  return { passed: count('pass'), failed, skipped: count('skip', 'todo') }
}

/**
 * Prints a line of TAP that a reader wants: a comment, a failure and what is told about it.
 * @returns the indentation of the failure that is being told, if any
 */
function shown(line: string, failure: string | undefined): string | undefined {
  const [, indent = '', rest = ''] = /^( *)(.*)$/u.exec(line) ?? []
  const isFailure = rest.startsWith('not ok')
  const isOfFailure = failure !== undefined && indent.length > failure.length
  if (isFailure || isOfFailure || rest.startsWith('# ')) process.stdout.write(`${line}\n`)
  if (isFailure) return indent
  return isOfFailure ? failure : undefined
}

function stop(signal: NodeJS.Signals, exitCode?: number): void {
  if (running?.pid !== undefined && running.exitCode === null) process.kill(-running.pid, signal)
  if (exitCode !== undefined) process.exit(exitCode)
}
