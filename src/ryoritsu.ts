#!/usr/bin/env node
import { ConfigError, readConfig } from './config/config.ts'
import { readEnv, unknownVariables } from './config/env.ts'
import type { Command } from './faces/command/command.ts'
import { keysCommand } from './faces/command/keys.ts'
import { partnerCommand } from './faces/command/partner.ts'
import { run } from './faces/command/run.ts'
import { serveCommand } from './faces/command/serve.ts'
import { validateCommand } from './faces/command/validate.ts'
import { verifyCommand } from './faces/command/verify.ts'
import { openKeyDesk, openPartners } from './gateway/desks.ts'
import { openRevocation, openTrust } from './gateway/trust.ts'
import { openFileValidation, openValidation } from './gateway/validation.ts'
import { buildGateway } from './gateway.ts'

/** The command line: one row a command. */
const config = () => readConfig(readEnv(), unknownVariables())
const commands: readonly Command[] = [
  serveCommand(config, buildGateway),
  verifyCommand({
    trust: folder => openTrust(folder ?? config().trustDir),
    structure: () => openValidation().structure,
    revocation: openRevocation,
    now: Date.now
  }),
  validateCommand(openFileValidation),
  keysCommand({ open: () => openKeyDesk(config(), Date.now) }),
  partnerCommand(() => {
    const settings = config()
    return {
      open: () => openPartners(settings, Date.now),
      allow: { workerClients: settings.allowWorkerClients }
    }
  })
]

try {
  process.exitCode = await run(commands, process.argv.slice(2), {
    out: line => process.stdout.write(`${line}\n`),
    error: line => process.stderr.write(`${line}\n`)
  })
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
