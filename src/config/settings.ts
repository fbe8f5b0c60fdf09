import { isIP } from 'node:net'

/** One setting of the environment (contract §2): its name, what it means, its default and how it is read. */
export interface Setting<Value> {
  readonly variable: string
  readonly meaning: string
  /** shown in the README; undefined: no default */
  readonly default: string | undefined
  /** @throws Error with the reason, without the value where that could be a secret */
  readonly read: (text: string) => Value
}

const text = (value: string) => value

const whole = (least: number, most: number) => (value: string) => {
  const number = Number(value)
  if (!/^\d+$/u.test(value) || number < least || number > most)
    throw new Error(`must be a whole number from ${least} to ${most}`)
  return number
}

const flag = (value: string) => {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false')
  return value === 'true'
}

const origin = (value: string) => {
  const url = URL.parse(value)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Error('must be an http or https URL')
  if (url.search || url.hash) throw new Error('must have no query and no fragment')
  if (url.username || url.password) throw new Error('must have no user and no password')
  return value.replace(/\/$/u, '')
}

const address = (value: string) => {
  const url = URL.parse(value)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Error('must be an http or https URL')
  if (url.hash) throw new Error('must have no fragment')
  if (url.username || url.password) throw new Error('must have no user and no password')
  return url.href
}

const identifiers = (value: string) =>
  value.split(',').map(part => {
    const dotted = part.trim()
    if (!/^[0-2](\.(0|[1-9]\d{0,38})){1,30}$/u.test(dotted))
      throw new Error('must be object identifiers, divided by commas: 1.2.392.200185.1.1')
    return dotted
  })

const level = (value: string) => {
  const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
  const found = levels.find(name => name === value)
  if (!found) throw new Error(`must be one of ${levels.join(', ')}`)
  return found
}

const cidrs = (value: string) =>
  value.split(',').map(part => {
    const [, address = '', digits = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/u.exec(part.trim()) ?? []
    const version = isIP(address)
    const prefix = Number(digits)
    if (version === 0 || prefix > (version === 4 ? 32 : 128))
      throw new Error('must be addresses with prefix lengths, divided by commas: 10.0.0.0/8,fd00::/8')
    return { address, prefix }
  })

/** Every setting of the gateway; the table in the README is made from this. */
export const settings = {
  home: { variable: 'RYORITSU_HOME', meaning: 'folder of database, keys and trust', default: './data', read: text },
  host: { variable: 'RYORITSU_HOST', meaning: 'address to listen on', default: '127.0.0.1', read: text },
  port: {
    variable: 'RYORITSU_PORT',
    meaning: 'port to listen on; 0 takes a free one',
    default: '8080',
    read: whole(0, 65_535)
  },
  baseUrl: {
    variable: 'RYORITSU_BASE_URL',
    meaning: 'origin under which partners reach the gateway; default: host and port',
    default: undefined,
    read: origin
  },
  allowWorkerClients: {
    variable: 'RYORITSU_ALLOW_WORKER_CLIENTS',
    meaning: 'lets `partner add` make clients that act as one worker (tests and sandbox)',
    default: 'false',
    read: flag
  },
  tlsKeyFile: {
    variable: 'RYORITSU_TLS_KEY_FILE',
    meaning: 'private key for HTTPS (PEM, mode 0600), with its certificate; default: plain HTTP',
    default: undefined,
    read: text
  },
  tlsCertFile: {
    variable: 'RYORITSU_TLS_CERT_FILE',
    meaning: 'certificate for HTTPS (PEM, leaf first)',
    default: undefined,
    read: text
  },
  tlsClientCaFile: {
    variable: 'RYORITSU_TLS_CLIENT_CA_FILE',
    meaning:
      'authorities (PEM) to which certificates of clients must lead; default: registered thumbprints alone count',
    default: undefined,
    read: text
  },
  trustedProxies: {
    variable: 'RYORITSU_TRUSTED_PROXIES',
    meaning:
      'networks of proxies, as CIDRs divided by commas, that replace `Client-Cert` and add to `X-Forwarded-For`; default: none',
    default: undefined,
    read: cidrs
  },
  masterKeyFile: {
    variable: 'RYORITSU_MASTER_KEY_FILE',
    meaning:
      'file with the master keys (32 bytes as base64url a line, the first in use); default: keys/master.key in the home',
    default: undefined,
    read: text
  },
  trustDir: {
    variable: 'RYORITSU_TRUST_DIR',
    meaning:
      'folder of whom to believe: roots.pem, anchors.json, signature-policy.json, tsa-roots.pem; default: trust in the home',
    default: undefined,
    read: text
  },
  tsaUrl: {
    variable: 'RYORITSU_TSA_URL',
    meaning: 'time-stamping authority (RFC 3161 over HTTP) for signatures and log; default: nothing is stamped',
    default: undefined,
    read: address
  },
  tsaPolicies: {
    variable: 'RYORITSU_TSA_POLICIES',
    meaning: 'policies of time-stamps that are taken, as OIDs divided by commas; default: any of a trusted authority',
    default: undefined,
    read: identifiers
  },
  openIdFile: {
    variable: 'RYORITSU_OPENID_FILE',
    meaning: 'file with the OpenID providers at which staff log in; default: none',
    default: undefined,
    read: text
  },
  outboundAllow: {
    variable: 'RYORITSU_OUTBOUND_ALLOW',
    meaning:
      'private networks that the gateway may call (webhooks, published keys, revocation, time-stamps), as CIDRs divided by commas; default: none',
    default: undefined,
    read: cidrs
  },
  maxDocumentBytes: {
    variable: 'RYORITSU_MAX_DOCUMENT_BYTES',
    meaning: 'largest body in bytes',
    default: '1048576',
    read: whole(1024, 64 * 1024 * 1024)
  },
  maxDepth: { variable: 'RYORITSU_MAX_DEPTH', meaning: 'deepest nesting of JSON', default: '64', read: whole(16, 512) },
  logLevel: {
    variable: 'RYORITSU_LOG_LEVEL',
    meaning: 'pino level of the log on standard output',
    default: 'info',
    read: level
  }
} as const satisfies Readonly<Record<string, Setting<unknown>>>
