import { join, resolve } from 'node:path'
import t from 'tap'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { readEnv, unknownVariables } from '../../src/config/env.ts'

function problemsOf(env: Record<string, string>, unknown: readonly string[] = []): readonly string[] {
  try {
    readConfig(env, unknown)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

t.test('runs with nothing set: loopback, a home beside it, no inner networks, no worker clients', t => {
  const home = resolve('data')
  const expected = {
    home,
    listen: { host: '127.0.0.1', port: 8080 },
    baseUrl: undefined,
    allowWorkerClients: false,
    tls: undefined,
    trustedProxies: [],
    masterKeyFile: join(home, 'keys', 'master.key'),
    trustDir: join(home, 'trust'),
    tsaUrl: undefined,
    tsaPolicies: undefined,
    outboundAllow: [],
    limits: { maxDocumentBytes: 1_048_576, maxDepth: 64 },
    logLevel: 'info'
  }
  t.match(readConfig({}), expected)
  const empty = ['HOME', 'HOST', 'PORT', 'BASE_URL', 'TRUST_DIR', 'OUTBOUND_ALLOW', 'MAX_DEPTH', 'LOG_LEVEL']
  t.same(
    readConfig(Object.fromEntries(empty.map(name => [`RYORITSU_${name}`, '']))),
    readConfig({}),
    'an empty variable is one that was not set'
  )
  t.end()
})

t.test('reads each setting', t => {
  t.match(
    readConfig({
      RYORITSU_HOME: '/srv/ryoritsu',
      RYORITSU_HOST: '::1',
      RYORITSU_PORT: '0',
      RYORITSU_BASE_URL: 'https://gateway.example/',
      RYORITSU_ALLOW_WORKER_CLIENTS: 'true',
      RYORITSU_TLS_KEY_FILE: '/run/secrets/tls.key',
      RYORITSU_TLS_CERT_FILE: '/srv/tls.pem',
      RYORITSU_TLS_CLIENT_CA_FILE: '/srv/clients.pem',
      RYORITSU_TRUSTED_PROXIES: '192.0.2.0/28',
      RYORITSU_MASTER_KEY_FILE: '/run/secrets/master',
      RYORITSU_TSA_URL: 'https://tsa.example/rfc3161?unit=1',
      RYORITSU_TSA_POLICIES: '1.2.392.200185.1.1, 0.4.0.2023.1.1',
      RYORITSU_OUTBOUND_ALLOW: '10.0.0.0/8, fd00::/8,192.0.2.7/32',
      RYORITSU_MAX_DOCUMENT_BYTES: '2048',
      RYORITSU_MAX_DEPTH: '16',
      RYORITSU_LOG_LEVEL: 'silent'
    }),
    {
      home: '/srv/ryoritsu',
      listen: { host: '::1', port: 0 },
      baseUrl: 'https://gateway.example',
      allowWorkerClients: true,
      tls: { keyFile: '/run/secrets/tls.key', certFile: '/srv/tls.pem', clientCaFile: '/srv/clients.pem' },
      trustedProxies: [{ address: '192.0.2.0', prefix: 28 }],
      masterKeyFile: '/run/secrets/master',
      trustDir: '/srv/ryoritsu/trust',
      tsaUrl: 'https://tsa.example/rfc3161?unit=1',
      tsaPolicies: ['1.2.392.200185.1.1', '0.4.0.2023.1.1'],
      outboundAllow: [
        { address: '10.0.0.0', prefix: 8 },
        { address: 'fd00::', prefix: 8 },
        { address: '192.0.2.7', prefix: 32 }
      ],
      limits: { maxDocumentBytes: 2048, maxDepth: 16 },
      logLevel: 'silent'
    }
  )
  t.end()
})

t.test('tells all problems at once, each by the name of its variable', t => {
  const problems = problemsOf(
    {
      RYORITSU_PORT: '65536',
      RYORITSU_BASE_URL: 'gateway.example',
      RYORITSU_ALLOW_WORKER_CLIENTS: 'yes',
      RYORITSU_OUTBOUND_ALLOW: '10.0.0.0',
      RYORITSU_TRUSTED_PROXIES: 'proxy.example',
      RYORITSU_TLS_KEY_FILE: '/run/secrets/tls.key',
      RYORITSU_MAX_DOCUMENT_BYTES: '1e6',
      RYORITSU_MAX_DEPTH: '4',
      RYORITSU_LOG_LEVEL: 'loud'
    },
    ['RYORITSU_PROT']
  )
  t.same(
    problems.map(problem => problem.split(':')[0]),
    [
      'RYORITSU_PROT',
      'RYORITSU_PORT',
      'RYORITSU_BASE_URL',
      'RYORITSU_ALLOW_WORKER_CLIENTS',
      'RYORITSU_TRUSTED_PROXIES',
      'RYORITSU_OUTBOUND_ALLOW',
      'RYORITSU_MAX_DOCUMENT_BYTES',
      'RYORITSU_MAX_DEPTH',
      'RYORITSU_LOG_LEVEL',
      'RYORITSU_TLS_KEY_FILE'
    ]
  )
  t.end()
})

t.test('refuses values that would only fail later', t => {
  const wrong: readonly (readonly [string, string])[] = [
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', ' 80'],
    ['BASE_URL', 'ftp://gateway.example'],
    ['BASE_URL', 'https://gateway.example/?a'],
    ['BASE_URL', 'https://gateway.example/#a'],
    ['BASE_URL', 'https://user:secret@gateway.example'],
    ['TSA_URL', 'tsa.example'],
    ['TSA_URL', 'https://user:secret@tsa.example'],
    ['TSA_URL', 'https://tsa.example/#a'],
    ['TSA_POLICIES', '1.2.'],
    ['TSA_POLICIES', '3.1'],
    ['TSA_POLICIES', '1.02'],
    ['TSA_POLICIES', 'urn:oid:1.2'],
    ['OUTBOUND_ALLOW', '10.0.0.0/33'],
    ['OUTBOUND_ALLOW', '10.0.0/8'],
    ['OUTBOUND_ALLOW', 'fd00::/129'],
    ['OUTBOUND_ALLOW', '::::/8'],
    ['OUTBOUND_ALLOW', '10.0.0.0/8,'],
    ['MAX_DOCUMENT_BYTES', '1023'],
    ['MAX_DEPTH', '513']
  ]
  for (const [name, value] of wrong) {
    const problems = problemsOf({ [`RYORITSU_${name}`]: value })
    t.equal(problems.length, 1, `${name}=${value}`)
    t.notMatch(problems.join(), /secret/)
  }
  t.end()
})

t.test('key and certificate for HTTPS come together, authorities of clients with them', t => {
  const [key, cert, clientCa] = ['RYORITSU_TLS_KEY_FILE', 'RYORITSU_TLS_CERT_FILE', 'RYORITSU_TLS_CLIENT_CA_FILE']
  t.same(problemsOf({ [key!]: 'a' }), [`${key}: needs ${cert} too`])
  t.same(problemsOf({ [cert!]: 'a' }), [`${cert}: needs ${key} too`])
  t.same(problemsOf({ [clientCa!]: 'a' }), [`${clientCa}: needs ${key} and ${cert} too`])
  t.same(problemsOf({ [key!]: 'a', [cert!]: 'b' }), [])
  const files = { [key!]: 'a', [cert!]: 'b' }
  t.same(problemsOf({ ...files, RYORITSU_BASE_URL: 'http://gateway.example' }), [
    `RYORITSU_BASE_URL: must be an https URL with ${key}`
  ])
  t.same(problemsOf({ ...files, RYORITSU_BASE_URL: 'https://gateway.example' }), [])
  t.end()
})

t.test('nobody changes a setting afterwards', t => {
  const config = readConfig({ RYORITSU_OUTBOUND_ALLOW: '10.0.0.0/8' })
  for (const part of [config, config.listen, config.limits, config.outboundAllow]) t.ok(Object.isFrozen(part))
  t.end()
})

t.test('takes from the environment what is ours, and names what only looks like it', t => {
  const { RYORITSU_PORT, RYORITSU_PROT } = process.env
  t.teardown(() => {
    for (const [name, value] of Object.entries({ RYORITSU_PORT, RYORITSU_PROT })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  process.env.RYORITSU_PORT = '9000'
  process.env.RYORITSU_PROT = '9001'
  t.equal(readEnv().RYORITSU_PORT, '9000')
  t.notOk('PATH' in readEnv())
  t.ok(unknownVariables().includes('RYORITSU_PROT'))
  t.notOk(unknownVariables().includes('RYORITSU_PORT'))
  t.end()
})
