import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { minutesPerFile } from '../sizes.ts'

/**
 * Runs the long tests one after the other, each in a process of its own and under its own time limit, tells how long each
 * took and closes with the totals. Arguments choose by name: `npm run test:long -- kill`.
 */
const chosen = process.argv.slice(2)
const files = readdirSync(import.meta.dirname)
  .filter(name => name.endsWith('.long.ts'))
  .filter(name => chosen.length === 0 || chosen.some(part => name.includes(part)))

interface Outcome {
  readonly code: number | null
  readonly passed: number
  readonly failed: number
}

function run(file: string): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const limit = setTimeout(() => child.kill('SIGKILL'), minutesPerFile * 60_000)
  let closing = ''
  child.stdout.on('data', (chunk: Buffer) => {
    closing = (closing + chunk.toString()).slice(-10_000)
    process.stdout.write(chunk)
  })
  return new Promise(resolve => {
    child.once('exit', code => {
      clearTimeout(limit)
      const counts = /# \{ (.*) \}/u.exec(closing)?.[1] ?? ''
      const count = (name: string) => Number(new RegExp(`${name}: (\\d+)`, 'u').exec(counts)?.[1] ?? 0)
      resolve({ code, passed: count('pass'), failed: count('fail') + (code === 0 ? 0 : 1) })
    })
  })
}

let passed = 0
let failed = 0
for (const file of files) {
  const started = performance.now()
  const outcome = await run(file)
  passed += outcome.passed
  failed += outcome.failed
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  process.stdout.write(`-- ${file}: ${outcome.code === 0 ? 'ok' : 'FAILED'} in ${seconds} s\n`)
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
