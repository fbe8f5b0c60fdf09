import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Party, type PartyFile } from '../parties/party.ts'

/** six runs of some seconds each, more on a busy machine */
t.setTimeout(300_000)

const root = join(import.meta.dirname, '../..')

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  readonly code: Promise<number | null>
}

function start(options: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, ['test/sandbox/sandbox.ts', ...options], {
    cwd: root,
    env: { ...process.env, ...env }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output += String(chunk)
    })
  return { child, output: () => output, code: new Promise(resolve => child.once('close', resolve)) }
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

const tick = () => new Promise<false>(resolve => setTimeout(() => resolve(false), 100))

const lastSteps = ['A-3t', 'A-6t', 'A-7', 'B-6', 'C-6', 'D-5', 'E-3']

t.test('plays whole cases, stays up for visitors, and stops when asked to', async t => {
  t.setTimeout(150_000)
  const home = mkdtempSync(join(tmpdir(), 'ryoritsu-sandbox-test-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const run = start([], { RYORITSU_HOME: home, RYORITSU_PORT: '0' })
  t.teardown(() => run.child.kill('SIGTERM'))
  const ended = run.code.then(() => true)
  while (!/still up/u.test(run.output()) && !(await Promise.race([ended, tick()])));
  for (const step of ['V-1', ...lastSteps]) t.match(run.output(), new RegExp(`^${step} +✓ `, 'mu'))
  if (!t.passing()) t.comment(run.output())

  const written = readdirSync(join(home, 'sandbox')).filter(name => name.endsWith('.json'))
  t.same(written.sort(), [
    'auditor.json',
    'employer-auditor.json',
    'employer-hr.json',
    'employer-ohp.json',
    'hospital.json',
    'operator.json',
    'worker.json'
  ])
  const read = (name: string): PartyFile => JSON.parse(readFileSync(join(home, 'sandbox', `${name}.json`), 'utf8'))
  t.match(read('hospital'), {
    baseUrl: /^http:\/\/127\.0\.0\.1:\d+\/fhir$/,
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

  for (const name of ['hospital', 'employer-hr', 'employer-ohp', 'worker']) {
    const file = read(name)
    const party = new Party(file)
    const { status, body } = await party.get<{ patient: object }>(`/fhir/EpisodeOfCare/${file.caseId}`)
    t.equal(status, 200, `${name} reads the case with what its file says`)
    t.match(body.patient, { identifier: { value: file.caseSubject } })
    await party.close()
  }
  for (const name of ['auditor', 'employer-auditor']) {
    const file = read(name)
    const party = new Party(file)
    const subject = `patient.identifier=${encodeURIComponent(file.caseSubject!)}`
    const { body } = await party.get<{ entry: readonly unknown[] }>(`/fhir/AuditEvent?${subject}`)
    t.ok(body.entry.length > 0, `${name} finds what was done in it`)
    await party.close()
  }

  run.child.kill('SIGINT')
  run.child.kill('SIGINT')
  t.equal(await run.code, 0, 'an orderly end, also where Ctrl-C arrives twice')

  const again = start(['--once'], { RYORITSU_HOME: home })
  t.equal(await again.code, 0, 'and it plays again on the same home')
  if (!t.passing()) t.comment(again.output())
})

t.test('one broken byte of one document makes it fail at the step that takes it', async t => {
  t.setTimeout(150_000)
  const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-sandbox-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const broken: readonly (readonly [path: string, step: string, offset: (bytes: Buffer) => number])[] = [
    ['work-information/colorectal-cancer-sales.json', 'A-1', bytes => bytes.indexOf('ryoritsu-document')],
    ['opinion-continuation/colorectal-cancer-sales.json', 'A-3', bytes => bytes.indexOf('"valueString":"') + 16],
    ['support-card/dementia-accounting.json', 'C-1', bytes => bytes.length - 1]
  ]
  const runs = broken.map(([path, , offset]) => start(['--once', '--fixtures', withBrokenByte(folder, path, offset)]))
  for (const [index, [path, step]] of broken.entries()) {
    const run = runs[index]!
    t.equal(await run.code, 1, path)
    t.match(run.output(), new RegExp(`^${step} +✗ .* \\| .+`, 'mu'), `told at ${step}, with its cause`)
    t.equal([...run.output().matchAll(/✗/gu)].length, 1, 'and nothing is played after it')
  }
})
