import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')

interface Run {
  readonly code: number | null
  readonly output: string
}

function sandbox(options: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = spawn(process.execPath, ['test/sandbox/sandbox.ts', '--once', ...options], {
    cwd: root,
    env: { ...process.env, ...env }
  })
  let output = ''
  child.stdout.on('data', chunk => {
    output += String(chunk)
  })
  child.stderr.on('data', chunk => {
    output += String(chunk)
  })
  return new Promise(resolve => child.once('exit', code => resolve({ code, output })))
}

/** A copy of the records in which one byte of one document differs. */
function withBrokenByte(folder: string, path: string, offset: (bytes: Buffer) => number): string {
  const records = mkdtempSync(join(folder, 'records-'))
  cpSync(join(root, 'fixtures'), records, { recursive: true })
  const file = join(records, path)
  const bytes = readFileSync(file)
  const at = offset(bytes)
  bytes[at] = bytes[at]! === 0x61 ? 0x62 : 0x61
  writeFileSync(file, bytes)
  return records
}

t.test('the sandbox plays whole cases, each step with what was verified, and leaves files to call by', async t => {
  const home = mkdtempSync(join(tmpdir(), 'ryoritsu-sandbox-test-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const { code, output } = await sandbox([], { RYORITSU_HOME: home })
  t.equal(code, 0, code === 0 ? 'every step passed' : output)
  t.notMatch(output, /✗/)
  for (const step of ['A-6a', 'B-5', 'C-3', 'D-5', 'V-1']) t.match(output, new RegExp(`^${step} +✓ `, 'mu'))

  const files = readdirSync(join(home, 'sandbox')).sort()
  t.same(files, [
    'auditor.json',
    'employer-hr.json',
    'employer-ohp.json',
    'hospital.json',
    'operator.json',
    'worker.json'
  ])
  const hospital = JSON.parse(readFileSync(join(home, 'sandbox', 'hospital.json'), 'utf8'))
  t.match(hospital, {
    baseUrl: /\/fhir$/,
    issuer: /^http:\/\/127\.0\.0\.1:\d+$/,
    tokenEndpoint: /\/oauth2\/token$/,
    clientId: String,
    scope: /system\/Bundle\./,
    privateJwk: { kty: 'EC', crv: 'P-384', alg: 'ES384', kid: String, d: String },
    signingJwk: { kty: 'RSA', alg: 'RS256', kid: String, d: String },
    certificateChain: [/BEGIN CERTIFICATE/, /BEGIN CERTIFICATE/],
    organization: /^Organization\//,
    party: /^PractitionerRole\//,
    role: 'hospital',
    caseId: String,
    caseSubject: String,
    purpose: 'support-consideration',
    person: { id: String, name: String }
  })
})

t.test('one broken byte of one document makes it fail at the step that takes it', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-sandbox-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const broken: readonly (readonly [path: string, step: string, offset: (bytes: Buffer) => number])[] = [
    ['opinion-continuation/colorectal-cancer-sales.json', 'A-3', bytes => bytes.indexOf('"valueString":"') + 16],
    ['support-plan/stroke-driver.json', 'B-5', bytes => bytes.length - 1],
    ['support-card/dementia-accounting.json', 'C-1', bytes => Math.floor(bytes.length / 3)]
  ]
  for (const [path, step, offset] of broken) {
    const { code, output } = await sandbox(['--fixtures', withBrokenByte(folder, path, offset)])
    t.equal(code, 1, path)
    t.match(output, new RegExp(`^${step} +✗ `, 'mu'))
    t.equal([...output.matchAll(/✗/gu)].length, 1, 'and nothing is played after it')
  }
})
