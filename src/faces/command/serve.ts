import { createServer } from 'node:net'
import { type Logger, pino } from 'pino'
import { type Command, exit, readArguments, WrongUse } from './command.ts'
import { localOrigin } from './local-origin.ts'

const stopWithinMs = 10_000

/** What serving needs of the settings. */
export interface ServeSettings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly baseUrl: string | undefined
  readonly allowWorkerClients: boolean
  /** undefined: plain HTTP */
  readonly tls: object | undefined
  readonly logLevel: string
}

/** A gateway as `gateway.ts` builds it. */
export interface Served {
  readonly app: { listen(at: { host: string; port: number }): Promise<unknown> }
  readonly made: readonly string[]
  stop(): Promise<void>
}

type Build<Settings> = (options: { config: Settings; baseUrl: string; logger: Logger }) => Promise<Served>

/** The gateway itself, as `npm start` runs it. */
export function serveCommand<Settings extends ServeSettings>(
  settings: () => Settings,
  build: Build<Settings>
): Command {
  return {
    name: 'serve',
    meaning: 'Runs the gateway until SIGTERM or SIGINT; its settings are variables of the environment.',
    usage: ['serve'],
    async run(args) {
      const { positionals } = readArguments(args, {})
      if (positionals.length > 0) throw new WrongUse('serve takes no arguments')
      await serve(settings(), build)
      return exit.held
    }
  }
}

/** Runs the gateway until SIGTERM or SIGINT; the second signal, or ten seconds, ends it at once. */
export async function serve<Settings extends ServeSettings>(config: Settings, build: Build<Settings>): Promise<void> {
  const logger = pino({ level: config.logLevel })
  const port = config.listen.port === 0 ? await freePort(config.listen.host) : config.listen.port
  const baseUrl = config.baseUrl ?? localOrigin({ host: config.listen.host, port, isTls: config.tls !== undefined })
  const gateway = await build({ config, baseUrl, logger })
  for (const file of gateway.made) logger.info({ file }, 'made a fresh key')
  if (config.allowWorkerClients) {
    logger.warn('RYORITSU_ALLOW_WORKER_CLIENTS is true: clients may act as workers; for tests and sandbox only')
  }
  await gateway.app.listen({ host: config.listen.host, port })
  logger.info({ baseUrl }, 'ready')

  await new Promise<void>(resolve => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  logger.info('stopping')
  const late = setTimeout(() => process.exit(1), stopWithinMs)
  process.once('SIGTERM', () => process.exit(1))
  process.once('SIGINT', () => process.exit(1))
  await gateway.stop()
  clearTimeout(late)
  logger.info('stopped')
}

/** Port 0 means any; the base URL must be known before the parts that carry it are built. */
async function freePort(host: string): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, host, resolve))
  const { port } = probe.address() as { port: number }
  await new Promise(resolve => probe.close(resolve))
  return port
}
