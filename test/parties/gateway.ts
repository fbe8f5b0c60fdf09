import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { trustFolder } from '../../fixtures/test-keys.ts'
import { readConfig } from '../../src/config/config.ts'
import { localOrigin } from '../../src/faces/command/local-origin.ts'
import { buildGateway, type Gateway } from '../../src/gateway.ts'
import { addPartner } from '../../src/journeys/partner/add-partner.ts'
import type { Desk } from './register.ts'

export interface Running extends Desk {
  readonly gateway: Gateway
  readonly home: string
  /** every line that it logged so far */
  readonly logged: () => string
  stop(): Promise<void>
}

export interface Starting {
  /** an own home, removed at the end, where none is given */
  readonly home?: string
  /** a free one, where none is given */
  readonly port?: number
  readonly now?: () => number
  readonly env?: Readonly<Record<string, string>>
  /** the address under which the world knows it, where several stand behind one; else the one that it listens on */
  readonly publicUrl?: string
}

/** A real gateway in this process: a real database in a folder of its own, listening on loopback. */
export async function startGateway({ home, now, env = {}, publicUrl, ...starting }: Starting = {}): Promise<Running> {
  const folder = home ?? mkdtempSync(join(tmpdir(), 'ryoritsu-'))
  const port = starting.port ?? (await freePort())
  mkdirSync(join(folder, 'trust'), { recursive: true })
  for (const file of ['roots.pem', 'tsa-roots.pem']) copyFileSync(join(trustFolder, file), join(folder, 'trust', file))
  const config = readConfig({
    RYORITSU_HOME: folder,
    RYORITSU_PORT: String(port),
    RYORITSU_ALLOW_WORKER_CLIENTS: 'true',
    RYORITSU_OUTBOUND_ALLOW: '127.0.0.0/8',
    ...env
  })
  const baseUrl = config.baseUrl ?? localOrigin({ host: '127.0.0.1', port, isTls: config.tls !== undefined })
  const { logger, lines } = kept()
  const gateway = await buildGateway({ config, baseUrl: publicUrl ?? baseUrl, logger, ...(now && { now }) })
  await gateway.app.listen({ host: '127.0.0.1', port })
  return {
    gateway,
    baseUrl,
    add: partner => addPartner(gateway.parts, partner, { workerClients: true }),
    home: folder,
    logged: () => lines.join(''),
    async stop() {
      await gateway.stop()
      if (home === undefined) rmSync(folder, { recursive: true, force: true })
    }
  }
}

function kept(): { logger: Logger; lines: string[] } {
  const lines: string[] = []
  return { logger: pino({ level: 'trace' }, { write: line => void lines.push(line) }), lines }
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise(resolve => probe.close(resolve))
  return port
}
