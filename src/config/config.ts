import { join, resolve } from 'node:path'
import { type Setting, settings } from './settings.ts'

type Values = { readonly [Name in keyof typeof settings]: ReturnType<(typeof settings)[Name]['read']> | undefined }

/** Typed settings, frozen; everything that can be wrong with them was told at once. */
export interface Config {
  readonly home: string
  readonly listen: { readonly host: string; readonly port: number }
  /** undefined: the address that the server got */
  readonly baseUrl: string | undefined
  readonly allowWorkerClients: boolean
  /** undefined: plain HTTP */
  readonly tls:
    | { readonly keyFile: string; readonly certFile: string; readonly clientCaFile: string | undefined }
    | undefined
  readonly trustedProxies: readonly { readonly address: string; readonly prefix: number }[]
  readonly masterKeyFile: string
  readonly trustDir: string
  /** undefined: nothing is stamped */
  readonly tsaUrl: string | undefined
  /** undefined: any policy */
  readonly tsaPolicies: readonly string[] | undefined
  /** undefined: nobody logs in at a provider */
  readonly openIdFile: string | undefined
  readonly outboundAllow: readonly { readonly address: string; readonly prefix: number }[]
  readonly limits: { readonly maxDocumentBytes: number; readonly maxDepth: number }
  readonly logLevel: NonNullable<Values['logLevel']>
}

export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Turns the flat environment into settings.
 * @throws ConfigError with every problem, one a line: variable and reason
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, unknown: readonly string[] = []): Config {
  const problems = unknown.map(name => `${name}: no such setting`)
  const read = (setting: Setting<unknown>): unknown => {
    // a variable that is there and empty is one that was not set
    const text = env[setting.variable] || setting.default
    if (text === undefined) return undefined
    try {
      return setting.read(text)
    } catch (error) {
      problems.push(`${setting.variable}: ${(error as Error).message}`)
      return undefined
    }
  }
  const values = Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, read(setting)])) as Values
  const { tlsKeyFile: keyFile, tlsCertFile: certFile, tlsClientCaFile: clientCaFile } = values
  problems.push(...tlsProblems(values))
  if (problems.length > 0) throw new ConfigError(problems)
  const home = resolve(values.home!)
  return Object.freeze({
    home,
    listen: Object.freeze({ host: values.host!, port: values.port! }),
    baseUrl: values.baseUrl,
    allowWorkerClients: values.allowWorkerClients!,
    tls: keyFile && certFile ? Object.freeze({ keyFile, certFile, clientCaFile }) : undefined,
    trustedProxies: Object.freeze(values.trustedProxies ?? []),
    masterKeyFile: values.masterKeyFile ?? join(home, 'keys', 'master.key'),
    trustDir: values.trustDir ?? join(home, 'trust'),
    tsaUrl: values.tsaUrl,
    openIdFile: values.openIdFile,
    tsaPolicies: values.tsaPolicies && Object.freeze(values.tsaPolicies),
    outboundAllow: Object.freeze(values.outboundAllow ?? []),
    limits: Object.freeze({ maxDocumentBytes: values.maxDocumentBytes!, maxDepth: values.maxDepth! }),
    logLevel: values.logLevel!
  })
}

/** Key and certificate serve together only, and authorities of clients with them. */
function tlsProblems({ tlsKeyFile, tlsCertFile, tlsClientCaFile, baseUrl }: Values): readonly string[] {
  const { tlsKeyFile: key, tlsCertFile: cert, tlsClientCaFile: clientCa } = settings
  if (tlsKeyFile && !tlsCertFile) return [`${key.variable}: needs ${cert.variable} too`]
  if (tlsCertFile && !tlsKeyFile) return [`${cert.variable}: needs ${key.variable} too`]
  if (tlsKeyFile && baseUrl?.startsWith('http:'))
    return [`${settings.baseUrl.variable}: must be an https URL with ${key.variable}`]
  return tlsClientCaFile && !tlsKeyFile ? [`${clientCa.variable}: needs ${key.variable} and ${cert.variable} too`] : []
}
