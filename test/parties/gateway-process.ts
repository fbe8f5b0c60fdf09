import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { childEnvironment } from '../sizes.ts'

const project = join(import.meta.dirname, '../..')

export interface GatewayProcess {
  readonly baseUrl: string
  /** everything that it logged so far */
  readonly logged: () => string
  /** fires when it ends without having been asked to */
  readonly died: Promise<number | null>
  /** orderly, by its own process id. @returns exit code */
  stop(): Promise<number | null>
  /** SIGKILL, by its own process id: nothing is put in order */
  kill(): Promise<number | null>
}

export interface StartingProcess {
  readonly home: string
  readonly port: number
  readonly logFile: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * A real gateway in a process of its own, as `npm start` runs it; there when it says that it is ready.
 * @throws Error with the end of its log where it does not come up
 */
export async function startGatewayProcess({ home, port, logFile, env = {} }: StartingProcess): Promise<GatewayProcess> {
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: project,
    env: { ...childEnvironment(), RYORITSU_HOME: home, RYORITSU_PORT: String(port), ...env },
    stdio: ['ignore', log, log],
    // of its own group: Ctrl-C at the terminal reaches whoever started it, who then stops it once
    detached: true
  })
  closeSync(log)
  const logged = () => readFileSync(logFile, 'utf8')
  const orphaned = () => void child.kill('SIGKILL')
  process.once('exit', orphaned)
  const died = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve(code))
  })
  const baseUrl = env.RYORITSU_BASE_URL ?? `http://127.0.0.1:${port}`
  const isUp = await Promise.race([died.then(() => false), ready(child, `http://127.0.0.1:${port}`)])
  if (!isUp) {
    child.kill('SIGTERM')
    throw new Error(`the gateway does not come up:\n${logged().split('\n').slice(-20).join('\n')}`)
  }
  return {
    baseUrl,
    logged,
    died,
    async stop() {
      process.removeListener('exit', orphaned)
      child.kill('SIGTERM')
      return died
    },
    async kill() {
      process.removeListener('exit', orphaned)
      child.kill('SIGKILL')
      return died
    }
  }
}

async function ready(child: ChildProcess, address: string): Promise<boolean> {
  for (let attempt = 0; attempt < 600 && child.exitCode === null; attempt++) {
    const status = await request(`${address}/health/ready`).then(
      async ({ statusCode, body }) => {
        await body.dump()
        return statusCode
      },
      () => undefined
    )
    if (status === 200) return child.exitCode === null
    await sleep(50)
  }
  return false
}
