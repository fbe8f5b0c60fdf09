import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditEvent, Binary, Bundle } from '@medplum/fhirtypes'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { cases } from '../../../fixtures/cases/cases.ts'
import { trustFolder } from '../../../fixtures/test-keys.ts'
import { readConfig } from '../../../src/config/config.ts'
import { buildGateway } from '../../../src/gateway.ts'
import { awaitStamp, stampIn } from '../../parties/await-stamp.ts'
import { type Running, startGateway } from '../../parties/gateway.ts'
import { deposit, documentOf, expectStatus, liveDocument, release, search } from '../../parties/story.ts'
import { stampingKey, TimeStampingAuthority } from '../../parties/time-stamping-authority.ts'
import { closeAll, type JoinedCase, joinedCase } from '../joined-case.ts'

t.setTimeout(120_000)

const story = cases[1]!
const roots = join(trustFolder, 'tsa-roots.pem')

/** `openssl ts -verify` over these bytes; throws where it does not hold. */
function openssl(folder: string, bytes: Uint8Array, reply: Uint8Array): string {
  const [data, file] = [join(folder, 'data'), join(folder, 'reply.tsr')]
  writeFileSync(data, bytes)
  writeFileSync(file, reply)
  const args = ['ts', '-verify', '-data', data, '-in', file, '-CAfile', roots]
  return execFileSync('openssl', args, { stdio: 'pipe' }).toString()
}

const signatureValueOf = (bundle: Bundle): Buffer =>
  Buffer.from(Buffer.from(bundle.signature!.data!, 'base64').toString().split('.')[2]!)

const opinion = ({ atHospital }: JoinedCase, number: number) =>
  liveDocument(story, 'opinion-return', atHospital, { identifier: `1319999015^2026^8${number}` })

async function played(t: Test, running: Running): Promise<JoinedCase> {
  const joined = await joinedCase(running, story)
  t.teardown(() => closeAll(Object.values(joined.town)))
  return joined
}

async function depositedBy({ town }: JoinedCase, bundle: Bundle): Promise<string> {
  return expectStatus(await deposit(town.hospital, bundle), 201).body.id!
}

t.test(
  'a signature gets its time-stamp soon after it was recorded; author and worker see it, recipients do not',
  async t => {
    const folder = t.testdir()
    const authority = await TimeStampingAuthority.start()
    t.teardown(() => authority.close())
    const running = await startGateway({ env: { RYORITSU_TSA_URL: authority.url } })
    t.teardown(() => running.stop())
    const joined = await played(t, running)
    const { town, atHr, atWorker } = joined
    const bundle = opinion(joined, 1)
    const before = Date.now()
    const id = await depositedBy(joined, bundle)

    const stamp = await awaitStamp(town.hospital, id)
    t.match(stamp, {
      accuracy: 1000,
      policy: 'urn:oid:1.3.6.1.4.1.99999.3161.1',
      authority: 'CN=Ryoritsu TEST Time-Stamping Unit,O=Ryoritsu TEST,C=JP'
    })
    t.ok(Math.abs(Date.parse(stamp.time) - before) < 60_000)
    t.same(await awaitStamp(town.worker, id), stamp)
    const value = signatureValueOf(bundle)
    t.ok(
      authority.stamped.includes(createHash('sha256').update(value).digest('hex')),
      'of the signature value, ETSI 5.3.4'
    )

    const read = expectStatus(await town.worker.get(`/fhir/Binary/${stamp.token}`), 200)
    t.equal(read.headers['content-type'], 'application/timestamp-reply')
    t.match(openssl(folder, value, read.bytes), /Verification: OK/)
    const asFhir = { headers: { accept: 'application/fhir+json' } }
    const wrapped = expectStatus(await town.hospital.get<Binary>(`/fhir/Binary/${stamp.token}`, asFhir), 200)
    t.match(wrapped.body, { contentType: 'application/timestamp-reply', data: read.bytes.toString('base64') })
    const original = expectStatus(await town.worker.get(`/fhir/Bundle/${id}`), 200)
    t.equal(original.text, JSON.stringify(bundle), 'the recorded bytes are as they were')

    const records = await town.worker.get<Bundle>(
      `/fhir/AuditEvent?patient.identifier=${atWorker.subject}&subtype=signature-verify`
    )
    t.match(
      records.body.entry!.map(({ resource }) => resource as AuditEvent),
      [{ outcome: '0' }]
    )

    await release(town.worker, {
      subject: atWorker.subject,
      discloser: town.hospital.file.organization,
      recipients: [town.ohp.file.party],
      kinds: ['opinion-return'],
      classes: 'all'
    })
    const [atOhp] = await search(town.ohp, atHr.subject)
    expectStatus(await documentOf(town.ohp, atOhp!), 200)
    t.equal(stampIn(atOhp!), undefined, 'nothing that is computed over the original')
    const refused = await town.ohp.get(`/fhir/Binary/${stamp.token}`)
    const absent = await town.ohp.get('/fhir/Binary/no-such-thing')
    t.equal(refused.status, 404)
    const plain = ({ text, headers }: typeof refused) => text.replaceAll(String(headers['x-request-id']), '')
    t.equal(plain(refused), plain(absent), 'and the token answers as what is not there')
  }
)

t.test('what people confirmed and the gateway signed is stamped, too', async t => {
  const authority = await TimeStampingAuthority.start()
  t.teardown(() => authority.close())
  const running = await startGateway({ env: { RYORITSU_TSA_URL: authority.url } })
  t.teardown(() => running.stop())
  const { town, atHr } = await played(t, running)
  const path = `/api/v1/cases/${atHr.id}/work-information`
  const { answers } = story.documents.find(({ kind }) => kind === 'work-information')!
  expectStatus(await town.hr.put(path, { version: '2026', answers }), 200)
  expectStatus(await town.hr.post(`${path}/confirm`, undefined), 200)
  const { id } = expectStatus(await town.worker.post<{ id: string }>(`${path}/confirm`, undefined), 201).body
  await awaitStamp(town.hr, id)
  const { body } = expectStatus(await town.worker.get<Bundle>(`/fhir/Bundle/${id}`), 200)
  t.equal(body.signature?.type[0]?.code, '1.2.840.10065.1.12.1.14')
  t.ok(authority.stamped.includes(createHash('sha256').update(signatureValueOf(body)).digest('hex')))
})

t.test('an authority that is away holds up no deposit; what waits for it survives a restart', async t => {
  const home = mkdtempSync(join(tmpdir(), 'ryoritsu-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  let ahead = 0
  const authority = await TimeStampingAuthority.start({ now: () => Date.now() + ahead })
  t.teardown(() => authority.close())
  authority.isDown = true
  const now = () => Date.now() + ahead
  const env = { RYORITSU_TSA_URL: authority.url }
  const first = await startGateway({ home, now, env })
  const joined = await joinedCase(first, story)
  const ids = [await depositedBy(joined, opinion(joined, 2)), await depositedBy(joined, opinion(joined, 3))]
  while (!first.logged().includes('"fault":"unreachable"')) await sleep(20)
  await closeAll(Object.values(joined.town))
  await first.stop()
  t.same(authority.stamped, [])

  authority.isDown = false
  // beyond the pause before the next attempt
  ahead = 20 * 60_000
  const second = await startGateway({ home, now, env })
  t.teardown(() => second.stop())
  const stored = async (id: string) => {
    for (;;) {
      const stamp = await second.gateway.parts.proofs.stampOf(id as never)
      if (stamp) return stamp
      await sleep(20)
    }
  }
  for (const id of ids) t.equal((await stored(id)).timestamp.accuracy, 1000)
  t.same(await second.gateway.parts.proofs.due(now() + 3_600_000, 10), [], 'and nothing waits any more')
  t.ok(authority.stamped.length >= 2)
})

t.test('a stamp that does not hold is not kept, and the log says why', async t => {
  const authority = await TimeStampingAuthority.start({ by: stampingKey('tsa-untrusted') })
  t.teardown(() => authority.close())
  const running = await startGateway({ env: { RYORITSU_TSA_URL: authority.url } })
  t.teardown(() => running.stop())
  const joined = await played(t, running)
  const id = await depositedBy(joined, opinion(joined, 4))
  while (!running.logged().includes('"fault":"authority-untrusted"')) await sleep(20)
  t.equal(await running.gateway.parts.proofs.stampOf(id as never), undefined)
  t.equal((await fetch(`${running.baseUrl}/log/checkpoint.tsr`)).status, 404)
})

t.test('the newest head of the log is stamped, once a minute at most and only if it grew', async t => {
  const folder = t.testdir()
  let ahead = 0
  const now = () => Date.now() + ahead
  const authority = await TimeStampingAuthority.start({ now })
  t.teardown(() => authority.close())
  const running = await startGateway({ now, env: { RYORITSU_TSA_URL: authority.url } })
  t.teardown(() => running.stop())
  const { town } = await played(t, running)
  const { parts } = running.gateway
  const text = async (path: string) => Buffer.from(await (await fetch(`${running.baseUrl}${path}`)).arrayBuffer())
  // asked over HTTP before it is there, it would be a refusal, which the log counts and grows by
  const stampedBesides = async (old?: Buffer) => {
    for (;;) {
      const newest = await parts.proofs.logStamp()
      if (newest && newest.note !== old?.toString()) return text('/log/checkpoint.stamped')
      await sleep(50)
    }
  }
  const note = await stampedBesides()
  const reply = await text('/log/checkpoint.tsr')
  t.match(openssl(folder, note, reply), /Verification: OK/)
  t.throws(() => openssl(folder, Buffer.concat([note, Buffer.from('\n')]), reply), 'of these very bytes')

  const grown = async () => (await parts.audit.head()).size > (await parts.proofs.logStamp())!.size
  const quiet = async () => {
    const asked = authority.stamped.length
    parts.wake()
    await sleep(700)
    return authority.stamped.length === asked
  }
  expectStatus(await town.worker.get('/fhir/DocumentReference'), 200)
  t.ok(await grown(), 'it has grown since then')
  t.ok(await quiet(), 'but a minute is not over')
  ahead = 61_000
  const later = await stampedBesides(note)
  t.match(openssl(folder, later, await text('/log/checkpoint.tsr')), /Verification: OK/)
  ahead = 200_000
  t.notOk(await grown())
  t.ok(await quiet(), 'a minute is over, but it did not grow')
})

t.test('a head that was stamped under another address is not shown, and the next one follows at once', async t => {
  const authority = await TimeStampingAuthority.start()
  t.teardown(() => authority.close())
  const home = mkdtempSync(join(tmpdir(), 'ryoritsu-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const env = { RYORITSU_TSA_URL: authority.url }
  const nameOf = async (running: Running) => {
    for (;;) {
      const answer = await fetch(`${running.baseUrl}/log/checkpoint.stamped`)
      const text = await answer.text()
      if (answer.status === 200) return text.split('\n')[0]
      await sleep(50)
    }
  }
  const before = await startGateway({ home, env })
  const { town } = await joinedCase(before, story)
  t.equal(await nameOf(before), `${new URL(before.baseUrl).host}/log`)
  await closeAll(Object.values(town))
  await before.stop()
  const after = await startGateway({ home, env })
  t.teardown(() => after.stop())
  t.equal(await nameOf(after), `${new URL(after.baseUrl).host}/log`)
})

t.test('without an authority nothing waits to be stamped, and the start says so once', async t => {
  const running = await startGateway()
  t.teardown(() => running.stop())
  const joined = await played(t, running)
  await depositedBy(joined, opinion(joined, 5))
  t.same(await running.gateway.parts.proofs.due(Date.now() + 3_600_000, 10), [])
  t.equal(running.logged().split('RYORITSU_TSA_URL is not set').length - 1, 1)
})

t.test('an authority that nothing could be believed by stops the start', async t => {
  const home = t.testdir()
  mkdirSync(join(home, 'trust'))
  const config = readConfig({ RYORITSU_HOME: home, RYORITSU_TSA_URL: 'http://127.0.0.1:9/tsa' })
  const logger = pino({ level: 'silent' })
  const start = () => buildGateway({ config, baseUrl: 'http://127.0.0.1:9', logger })
  await t.rejects(start(), { name: 'ConfigError', message: /tsa-roots\.pem holds no anchor/ })
  writeFileSync(join(home, 'trust', 'tsa-roots.pem'), '-----BEGIN CERTIFICATE-----\n')
  await t.rejects(start(), { name: 'ConfigError', message: /not a whole certificate/ })
  copyFileSync(roots, join(home, 'trust', 'tsa-roots.pem'))
  const gateway = await start()
  await gateway.stop()
})
