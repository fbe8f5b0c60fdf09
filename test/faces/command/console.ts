import { readConfig } from '../../../src/config/config.ts'
import { keysCommand } from '../../../src/faces/command/keys.ts'
import { partnerCommand } from '../../../src/faces/command/partner.ts'
import { run } from '../../../src/faces/command/run.ts'
import { validateCommand } from '../../../src/faces/command/validate.ts'
import { verifyCommand } from '../../../src/faces/command/verify.ts'
import { openKeyDesk, openPartners } from '../../../src/gateway/desks.ts'
import { openRevocation, openTrust } from '../../../src/gateway/trust.ts'
import { openFileValidation } from '../../../src/gateway/validation.ts'

export interface Said {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** R4 is compiled once for all calls of a test. */
let validation: ReturnType<typeof openFileValidation> | undefined
const opened = () => {
  validation ??= openFileValidation()
  return validation
}

/** The commands in this process, as `src/ryoritsu.ts` puts them together, on the home that `env` names. */
export async function ryoritsu(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Said> {
  const out: string[] = []
  const error: string[] = []
  const config = readConfig(env)
  const commands = [
    verifyCommand({
      trust: folder => openTrust(folder ?? config.trustDir),
      structure: () => opened().structure,
      revocation: openRevocation,
      now: Date.now
    }),
    validateCommand(opened),
    keysCommand({ open: () => openKeyDesk(config, Date.now) }),
    partnerCommand(() => ({
      open: () => openPartners(config, Date.now),
      allow: { workerClients: config.allowWorkerClients }
    }))
  ]
  const terminal = { out: (line: string) => void out.push(line), error: (line: string) => void error.push(line) }
  const code = await run(commands, args, terminal)
  return { code, out: out.join('\n'), error: error.join('\n') }
}
