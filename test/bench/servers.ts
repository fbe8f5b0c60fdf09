import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { freePort } from '../parties/gateway.ts'
import { childEnvironment } from '../sizes.ts'
import type { Setting } from './setting.ts'

export interface Server {
  readonly name: 'floor' | 'gateway'
  readonly origin: string
  readonly pid: number
  readonly database: string
  /** SIGKILL: nothing is put in order, what was acknowledged must be there all the same */
  kill(): Promise<void>
}

const root = join(import.meta.dirname, '../..')

/** The gateway exactly as `npm start` runs it, with its usual log, on a home that has been filled before. */
export function startGatewayProcess(folder: string, { baseUrl }: Setting): Promise<Server> {
  const { port } = new URL(baseUrl)
  return started('gateway', baseUrl, join(folder, 'gateway.db'), {
    argv: ['src/main.ts'],
    env: { ...childEnvironment(), RYORITSU_HOME: folder, RYORITSU_PORT: port },
    log: join(folder, 'gateway.log')
  })
}

/** The floor beside it: it trusts the gateway's tokens and the employer's key, so that it takes the same requests. */
export async function startFloorProcess(folder: string, gateway: Server, { baseUrl, key }: Setting): Promise<Server> {
  const { body } = await request(`${gateway.origin}/.well-known/jwks.json`)
  const { keys } = (await body.json()) as { readonly keys: readonly { readonly 'x-purpose': string }[] }
  const trust = join(folder, 'trust.json')
  writeFileSync(
    trust,
    JSON.stringify({ token: keys.filter(jwk => jwk['x-purpose'] === 'token'), author: [key.publicJwk] })
  )
  const port = await freePort()
  const database = join(folder, 'floor.db')
  const form = join(root, 'profiles/questionnaires/work-information-2026.json')
  const options = { port, database, trust, issuer: baseUrl, form }
  return started('floor', `http://127.0.0.1:${port}`, database, {
    argv: [
      'test/bench/floor/server.ts',
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])
    ],
    env: process.env,
    log: join(folder, 'floor.log')
  })
}

const startWithinMs = 30_000

async function started(
  name: Server['name'],
  origin: string,
  database: string,
  { argv, env, log }: { readonly argv: readonly string[]; readonly env: NodeJS.ProcessEnv; readonly log: string }
): Promise<Server> {
  const file = openSync(log, 'w')
  const child = spawn(process.execPath, argv, { cwd: root, env, stdio: ['ignore', file, file] })
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  if (!(await isLive(origin, child))) {
    await kill()
    throw new Error(`${name} did not start:\n${readFileSync(log, 'utf8')}`)
  }
  return { name, origin, pid: child.pid!, database, kill }
}

async function isLive(origin: string, child: ChildProcess): Promise<boolean> {
  for (const until = Date.now() + startWithinMs; Date.now() < until && child.exitCode === null; await sleep(50)) {
    const status = await request(`${origin}/health/live`).then(
      async ({ statusCode, body }) => {
        await body.dump()
        return statusCode
      },
      () => undefined
    )
    if (status === 200) return true
  }
  return false
}
