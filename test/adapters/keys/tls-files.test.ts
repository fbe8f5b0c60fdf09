import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { KeyFileError } from '../../../src/adapters/keys/key-file-error.ts'
import { readTlsFiles } from '../../../src/adapters/keys/tls-files.ts'
import { ConfigError } from '../../../src/config/config.ts'
import { certify } from '../../parties/certificates.ts'
import { startGateway } from '../../parties/gateway.ts'

const server = await certify({ name: 'gateway' })
const other = await certify({ name: 'other' })

function filesIn(t: Test, { key = server.key, cert = server.cert, clientCa = other.cert } = {}) {
  const folder = t.testdir()
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  return {
    keyFile: file('key.pem', key),
    certFile: file('cert.pem', cert),
    clientCaFile: file('clients.pem', clientCa)
  }
}

function problems(files: Parameters<typeof readTlsFiles>[0]): readonly string[] {
  try {
    readTlsFiles(files)
    return []
  } catch (error) {
    if (error instanceof KeyFileError) return error.problems
    throw error
  }
}

t.test('reads key, certificate and authorities of clients', async t => {
  const files = filesIn(t, { clientCa: `# two\n${server.cert}\n\n${other.cert}\n` })
  const read = readTlsFiles(files)
  t.match(read, { key: server.key, cert: server.cert })
  t.equal(read.clientCa?.length, 2)
  t.equal(readTlsFiles({ ...files, clientCaFile: undefined }).clientCa, undefined)
})

t.test('tells all that is wrong at once, and nothing of what is in the files', async t => {
  const files = filesIn(t, { key: '5ecret', cert: 'no certificate', clientCa: '' })
  const found = problems(files)
  t.match(found, [/key\.pem: holds no private key/, /cert\.pem: holds no certificate/, /clients\.pem: holds no certif/])
  t.notMatch(found.join(), /5ecret/)
  t.match(problems({ keyFile: '/nowhere/key', certFile: t.testdirName, clientCaFile: undefined }), [
    '/nowhere/key: cannot be read (ENOENT)',
    `${t.testdirName}: cannot be read (EISDIR)`
  ])
  t.match(problems(filesIn(t, { cert: other.cert })), [/cert\.pem: is not the certificate of the key/])
  const broken = other.cert.replace(/\n[A-Za-z0-9+/]{64}\n/, '\nAAAA\n')
  t.match(problems(filesIn(t, { clientCa: `${other.cert}\n${broken}` })), [/clients\.pem/])
})

t.test('a key that others can read stops the start, together with everything else', async t => {
  const home = t.testdir({
    keys: { 'master.key': 'short' },
    tls: { 'key.pem': server.key, 'cert.pem': server.cert, 'clients.pem': 'none' }
  })
  const file = (name: string) => join(home, 'tls', name)
  chmodSync(file('key.pem'), 0o640)
  chmodSync(join(home, 'keys', 'master.key'), 0o600)
  const env = {
    RYORITSU_TLS_KEY_FILE: file('key.pem'),
    RYORITSU_TLS_CERT_FILE: file('cert.pem'),
    RYORITSU_TLS_CLIENT_CA_FILE: file('clients.pem')
  }
  const error = await startGateway({ home, env }).catch(reason => reason)
  t.ok(error instanceof ConfigError)
  t.match((error as ConfigError).problems, [
    /master\.key: a master key is/,
    /key\.pem: others can read it; set its mode to 0600/,
    /clients\.pem: holds no certificate as PEM/
  ])
})
