import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'

/** A gateway in a process of its own, as `npm start` runs it. */
export interface GatewayProcess {
  readonly baseUrl: string
  /** of the gateway, also where something else started it */
  pid(): number
  /** @throws Error with the end of its log where it ends or takes too long */
  ready(): Promise<void>
  /** SIGKILL: nothing is put in order */
  kill(): Promise<void>
  /** SIGTERM, and the code that it ends with */
  stop(): Promise<number | null>
}

export interface StartingProcess {
  readonly home: string
  readonly port: number
  /** what it writes on standard output goes to the end of this file */
  readonly log: string
  /** under which partners reach it; its own address where there is none before it */
  readonly baseUrl?: string
  /** words before `node src/main.ts`, such as those of a tracer */
  readonly under?: readonly string[]
}

const root = join(import.meta.dirname, '../..')
const startWithinMs = 60_000

export function startGatewayProcess({ home, port, log, baseUrl: given, under = [] }: StartingProcess): GatewayProcess {
  const baseUrl = `http://127.0.0.1:${port}`
  const file = openSync(log, 'a')
  const [command, ...rest] = [...under, process.execPath, 'src/main.ts']
  const child = spawn(command!, rest, {
    cwd: root,
    // a gateway refuses settings that it does not know, so nothing of our own environment goes along
    env: {
      PATH: process.env.PATH,
      RYORITSU_HOME: home,
      RYORITSU_PORT: String(port),
      ...(given !== undefined && { RYORITSU_BASE_URL: given }),
      RYORITSU_ALLOW_WORKER_CLIENTS: 'true',
      RYORITSU_OUTBOUND_ALLOW: '127.0.0.0/8'
    },
    stdio: ['ignore', file, file]
  })
  closeSync(file)
  const ended = new Promise<number | null>(resolve => {
    child.once('exit', resolve)
    child.once('error', () => resolve(null))
  })
  const pid = () => (under.length === 0 ? child.pid! : loggedPid(log))
  const signal = async (name: NodeJS.Signals) => {
    if (isRunning(child)) process.kill(pid(), name)
    return ended
  }
  return {
    baseUrl,
    pid,
    async ready() {
      for (const until = Date.now() + startWithinMs; Date.now() < until && isRunning(child); await sleep(20)) {
        if ((await statusOf(`${baseUrl}/health/ready`)) === 200) return
      }
      await signal('SIGKILL')
      throw new Error(`the gateway did not become ready:\n${readFileSync(log, 'utf8').slice(-2000)}`)
    },
    async kill() {
      await signal('SIGKILL')
    },
    stop: () => signal('SIGTERM')
  }
}

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null

/** A tracer's child is not ours; each line of the gateway's log names it. */
function loggedPid(log: string): number {
  const found = [...readFileSync(log, 'utf8').matchAll(/"pid":(\d+)/gu)].at(-1)
  if (!found) throw new Error('the gateway has not logged anything yet')
  return Number(found[1])
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const { statusCode, body } = await request(url)
    await body.dump()
    return statusCode
  } catch {
    return undefined
  }
}
