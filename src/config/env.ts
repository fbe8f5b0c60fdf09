import { settings } from './settings.ts'

/** The environment as it is: the only place that touches `process.env`. */
export function readEnv(): Readonly<Record<string, string | undefined>> {
  const known = Object.values(settings).map(({ variable }) => variable)
  return Object.fromEntries(known.map(variable => [variable, process.env[variable]]))
}

/** Variables that look like ours and are not: a misspelt setting must not pass silently. */
export function unknownVariables(): readonly string[] {
  const known = new Set<string>(Object.values(settings).map(({ variable }) => variable))
  return Object.keys(process.env).filter(name => name.startsWith('RYORITSU_') && !known.has(name))
}
