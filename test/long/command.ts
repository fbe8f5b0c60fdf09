import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

/** `ryoritsu` in a process of its own, as an operator calls it beside running gateways. */
export interface Called {
  readonly child: ChildProcess
  /** undefined: it was killed */
  readonly ended: Promise<{ readonly code: number | undefined; readonly out: string; readonly error: string }>
}

const root = join(import.meta.dirname, '../..')

export function callRyoritsu(args: readonly string[], settings: Readonly<Record<string, string>>): Called {
  const child = spawn(process.execPath, ['src/ryoritsu.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const said = { out: '', error: '' }
  child.stdout.on('data', (text: Buffer) => {
    said.out += text.toString()
  })
  child.stderr.on('data', (text: Buffer) => {
    said.error += text.toString()
  })
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code ?? undefined))
  })
  return { child, ended: ended.then(code => ({ code, ...said })) }
}
