import { ConfigError, readConfig } from './config/config.ts'
import { readEnv, unknownVariables } from './config/env.ts'
import { serve } from './faces/command/serve.ts'
import { buildGateway } from './gateway.ts'

/** Environment in, listening gateway out, orderly stop. Nothing else. */
try {
  await serve(readConfig(readEnv(), unknownVariables()), buildGateway)
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
