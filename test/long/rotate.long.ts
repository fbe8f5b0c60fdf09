import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bundle } from '@medplum/fhirtypes'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { case2 } from '../../fixtures/cases/2-breast-cancer-line.ts'
import { keyPurposes } from '../../src/document/signer.ts'
import { readGatewayKeys } from '../../src/signature/trust.ts'
import { encodeBase64url } from '../../src/standards/base64url.ts'
import { consistencyProof } from '../../src/standards/merkle.ts'
import { parseCheckpoint, parseNote } from '../../src/standards/signed-note.ts'
import { freePort } from '../parties/gateway.ts'
import { openCase } from '../parties/story.ts'
import { WebhookReceiver } from '../parties/webhook-receiver.ts'
import { killedRotations, minutesPerFile } from '../sizes.ts'
import { depositsNotKept, depositsNotServed, disclosuresNotRecorded } from './acknowledged.ts'
import { Line } from './ask.ts'
import { AtRest, detailOf } from './at-rest.ts'
import { startBalancer } from './balancer.ts'
import { callRyoritsu } from './command.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import { emptyLedger, type Ledger } from './ledger.ts'
import { Load } from './load.ts'
import { readLog } from './log-at-rest.ts'
import { isGateways, Onlooker } from './published.ts'
import { randomFrom, seedOfRun } from './seed.ts'
import { closeTown, type Desk, prepareTown } from './town.ts'
import { halvesIn } from './whole.ts'

/**
 * The rotation drill: two gateways on one home under load while every key is rotated, token keys twice, and the command is killed in
 * the middle of rotations of the master key. No request fails, everything verifies by what is published at that moment, and
 * everything earlier verifies afterwards by the trust folder alone.
 */
const random = randomFrom(seedOfRun())
const timeout = minutesPerFile * 60_000
t.setTimeout(timeout)
t.comment(`seed ${random.seed}`)

interface Rotations {
  readonly ok: boolean
  readonly rotated: readonly {
    readonly purpose: string
    readonly kid: string
    readonly retired: readonly string[]
    readonly rewrapped?: number
  }[]
}

/** One home, its gateways, and who works with them. */
interface Place {
  readonly folder: string
  readonly issuer: string
  readonly desks: readonly Desk[]
  readonly ledger: Ledger
  readonly onlooker: Onlooker
  /** ids of cases that were opened under load */
  readonly cases: string[]
  readonly gateways: GatewayProcess[]
}

t.test('every key is rotated under load without a failed request', { timeout }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-rotate-'))
  let issuer = ''
  const keyOf = async (kid: string) => {
    const { body } = await request(`${issuer}/.well-known/jwks.json`, { reset: true })
    const key = readGatewayKeys(await body.text()).get(kid)
    return key?.purpose === 'webhook' ? key.key : undefined
  }
  const receiver = await WebhookReceiver.start({ keyOf })
  const { port, desks } = await prepareTown(folder, receiver.url)
  issuer = `http://127.0.0.1:${port}`
  const ports = [await freePort(), await freePort()]
  const start = (index: number) => {
    const gateway = startGatewayProcess({
      home: folder,
      port: ports[index]!,
      log: join(folder, `gateway-${index}.log`),
      baseUrl: issuer
    })
    t.teardown(() => gateway.kill())
    return gateway
  }
  const gateways = [start(0), start(1)]
  const place: Place = {
    folder,
    issuer,
    desks,
    gateways,
    ledger: emptyLedger(),
    onlooker: new Onlooker(issuer),
    cases: []
  }
  const balancer = await startBalancer(port, ports)
  const line = new Line(true)
  await Promise.all(gateways.map(gateway => gateway.ready()))
  const firstMaster = masterKeysIn(folder)

  const load = startLoad(place, line)
  await sleep(2000)
  const rotated = [
    ...(await rotate(t, place, 'token')),
    ...(await rotate(t, place, 'token')),
    ...(await rotate(t, place, 'receipt', 'log', 'webhook', 'document'))
  ]
  for (let round = 0; round < killedRotations; round++) await killRotation(place, ['master'], 2000 + random.below(6000))
  rotated.push(...(await rotate(t, place, 'master')))
  await sleep(2000)
  await load.end()
  await receiverHasAll(place, receiver)

  const { ledger, onlooker } = place
  t.same(ledger.unexpected.slice(0, 3), [], 'no request was refused')
  t.equal(line.cuts, 0, 'none was left without its answer')
  t.same(onlooker.failures.slice(0, 3), [], 'everything was verified by what was published at that moment')
  t.same(receiver.refused, [], 'and so was every webhook')
  t.ok(receiver.bodies.length > 0 && place.cases.length > 0 && onlooker.tokens.length > 0 && ledger.readings.length > 0)
  t.ok(
    balancer.counts.every(count => count > 100),
    'both gateways had their part'
  )
  for (const { purpose, kid } of rotated.filter(each => ['token', 'receipt', 'document'].includes(each.purpose)))
    t.ok(onlooker.kids.has(kid), `the new ${purpose} key has signed`)

  const living = onlooker.tokens.filter(({ until }) => until > Date.now())
  for (let count = 0; count < 40 && living.length > 0; count++) {
    const { party, token } = random.of(living)
    await onlooker.useToken(party, token)
  }
  t.same(onlooker.failures.slice(0, 3), [], 'tokens of before are taken until they end')

  await endInTheMiddle(t, place, start)
  await finish(t, place, start, firstMaster)
  t.comment(
    `${balancer.counts.join(' and ')} connections; ${ledger.deposits.length} deposits, ${ledger.readings.length} documents read, ` +
      `${onlooker.tokens.length} tokens, ${place.cases.length} cases, ${receiver.bodies.length} webhooks, ` +
      `${onlooker.checkpoints.length} checkpoints; ${killedRotations} rotations of the master key killed`
  )
  await line.close()
  await balancer.close()
  await receiver.close()
  await closeTown(desks)
  if (t.passing()) rmSync(folder, { recursive: true, force: true })
  else t.comment(`the home is kept: ${folder}`)
})

const masterKeysIn = (folder: string) => readFileSync(join(folder, 'keys', 'master.key'), 'utf8')

/** Deposits, readings and searches side by side; beside them fresh tokens, fresh cases and onlookers. */
function startLoad({ desks, ledger, onlooker, cases, folder }: Place, line: Line): { end(): Promise<void> } {
  const views = new Map<string, readonly string[]>()
  const load = new Load({ line, ledger, random, known: [], views, name: 'rotate' })
  let isOver = false
  const repeat = async (everyMs: number, act: () => Promise<unknown>) => {
    while (!isOver) {
      await act().catch((error: unknown) => onlooker.failures.push(String(error)))
      await sleep(everyMs)
    }
  }
  const parties = desks.flatMap(({ author, recipient, worker }) => [author, recipient, worker])
  const clerks = desks.map(({ author }) => author).filter(({ file }) => file.role === 'employer-hr')
  const file = AtRest.open(folder)
  const running = [
    load.run(desks.slice(0, 2)),
    ...[1, 2, 3].map(() => repeat(10, () => onlooker.askToken(random.of(parties)))),
    repeat(200, () => onlooker.judge(ledger)),
    repeat(100, () => onlooker.witness()),
    repeat(300, async () => cases.push((await openCase(random.of(clerks), case2)).id)),
    repeat(500, async () => {
      for (const { party } of (await file).rows('select distinct "party" from "view"')) {
        const rows = (await file).rows('select "id" from "view" where "party" = ?', String(party))
        views.set(
          String(party),
          rows.map(({ id }) => String(id))
        )
      }
    })
  ]
  // parties name themselves with a type before their id
  const byReference = views.get.bind(views)
  views.get = key => byReference(key.replace('PractitionerRole/', ''))
  return {
    async end() {
      load.end()
      isOver = true
      await Promise.all(running)
      await onlooker.judge(ledger)
      ;(await file).close()
    }
  }
}

const settingsOf = ({ folder, issuer }: Place) => ({ RYORITSU_HOME: folder, RYORITSU_BASE_URL: issuer })

async function rotate(t: Test, place: Place, ...keys: readonly string[]): Promise<Rotations['rotated']> {
  const args = ['keys', 'rotate', ...keys, '--grace', '2', '--json']
  const { code, out, error } = await callRyoritsu(args, settingsOf(place)).ended
  t.equal(code, 0, `${args.join(' ')} ${error}`)
  const { rotated } = JSON.parse(out) as Rotations
  t.same(
    rotated.map(({ purpose }) => purpose).sort(),
    keys.includes('--all') ? [...keyPurposes, 'master'].sort() : [...keys].sort()
  )
  return rotated
}

/** SIGKILL after that time, wherever it is then; it may have ended before. */
async function killRotation(place: Place, keys: readonly string[], afterMs: number): Promise<void> {
  const { child, ended } = callRyoritsu(['keys', 'rotate', ...keys, '--grace', '2'], settingsOf(place))
  await Promise.race([ended, sleep(afterMs)])
  child.kill('SIGKILL')
  await ended
}

/** Webhooks come after their documents; those of the last ones are waited for. */
async function receiverHasAll({ folder }: Place, receiver: WebhookReceiver): Promise<void> {
  const file = await AtRest.open(folder)
  const waiting = () => file.rows(`select "id" from "outbox" where "state" in ('building', 'waiting')`).length
  for (let waited = 0; waiting() > 0 && waited < 600; waited++) await sleep(100)
  file.close()
  if (receiver.bodies.length === 0) throw new Error('no webhook has come')
}

/** Gateways and command end by SIGKILL while all keys are being rotated; nothing but starting again puts it in order. */
async function endInTheMiddle(t: Test, place: Place, start: (index: number) => GatewayProcess): Promise<void> {
  const killed = killRotation(place, ['--all'], 1500 + random.below(8000))
  await sleep(1000 + random.below(8000))
  await Promise.all(place.gateways.map(gateway => gateway.kill()))
  await killed
  const again = start(0)
  await again.ready()
  await rotate(t, place, '--all')
  t.equal(await again.stop(), 0)
}

/** All of it once more on a gateway that has just started, then at rest, then by the trust folder alone. */
async function finish(
  t: Test,
  place: Place,
  start: (index: number) => GatewayProcess,
  firstMaster: string
): Promise<void> {
  const { folder, ledger, desks, cases } = place
  const gateway = start(0)
  await gateway.ready()
  // the balancer sends every other connection to the gateway that is gone
  const other = start(1)
  await other.ready()
  const line = new Line(true)
  const load = new Load({ line, ledger, random, known: [], views: new Map(), name: 'after' })
  const acknowledged = ledger.deposits.filter(each => each.acknowledged.length > 0)
  t.same(await depositsNotServed(load, acknowledged), [], 'authors read what they deposited before')
  const clerks = desks.map(({ author }) => author).filter(({ file }) => file.role === 'employer-hr')
  const unread: string[] = []
  for (const id of cases) {
    const seen = await Promise.all(clerks.map(clerk => clerk.get(`/fhir/EpisodeOfCare/${id}`)))
    if (!seen.some(({ status }) => status === 200)) unread.push(id)
  }
  t.same(unread, [], 'every case that was opened meanwhile is read')
  await line.close()
  for (const each of [gateway, other]) t.equal(await each.stop(), 0)

  await t.rejects(AtRest.open(folder, firstMaster), { name: 'MasterKeyMissing' }, 'the first master key opens nothing')
  const file = await AtRest.open(folder)
  const records = await file.records()
  t.same(await depositsNotKept(file, records, ledger.deposits), [])
  t.same(await disclosuresNotRecorded(file, records, ledger), [])
  t.same(await halvesIn(file, records), [], 'nothing is there in halves')
  const log = readLog(file)
  t.same(log.faults, [])
  const [{ count }] = file.rows(`select count(*) as "count" from "keyWrap" where "parent" like 'master%'`) as [
    { count: number }
  ]
  t.ok(count > cases.length)
  const reasons = records
    .filter(({ act }) => act === 'key-rotate')
    .map(record => [record.event.outcomeDesc, detailOf(record, 'purpose')])
  for (const purpose of [...keyPurposes, 'master'])
    for (const reason of ['added', 'retired'])
      t.ok(
        reasons.some(([why, of]) => why === reason && of === purpose),
        `the log tells that a ${purpose} key was ${reason}`
      )
  await verifyAll(t, place, (from, to) => consistencyProof(from, to, log.nodeAt).map(encodeBase64url))
  file.close()
  for (const index of [0, 1]) {
    const text = readFileSync(join(folder, `gateway-${index}.log`), 'utf8')
    t.same(
      text.split('\n').filter(each => each.includes('"level":50')),
      [],
      'the gateways have logged no defect'
    )
  }
}

/** `ryoritsu verify` on everything that was signed from the first key on. */
async function verifyAll(t: Test, place: Place, proof: (from: number, to: number) => readonly string[]): Promise<void> {
  const { folder, ledger, onlooker } = place
  const work = join(folder, 'kept')
  mkdirSync(work)
  const kept: string[] = []
  const keep = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(work, name), content)
    kept.push(join(work, name))
  }
  for (const [index, { bytes, acknowledged }] of ledger.deposits.entries()) {
    keep(`document-${index}.json`, bytes)
    for (const [number, { receipt }] of acknowledged.entries()) keep(`receipt-${index}-${number}.jws`, receipt)
  }
  const derived = ledger.readings.filter(({ bytes }) => bytes && isGateways(JSON.parse(bytes.toString()) as Bundle))
  for (const [index, { bytes }] of derived.entries()) keep(`derived-${index}.json`, bytes!)
  const sizes = onlooker.checkpoints.map(note => parseCheckpoint(parseNote(note).text).size)
  for (let index = 1; index < sizes.length; index += 5) {
    const [from, to] = [sizes[index - 1]!, sizes[index]!]
    const [old, newer] = [onlooker.checkpoints[index - 1], onlooker.checkpoints[index]]
    if (from <= to) keep(`checkpoints-${index}.json`, JSON.stringify({ old, new: newer, proof: proof(from, to) }))
  }
  t.ok(derived.length > 0, 'there are derived documents among them')
  for (let from = 0; from < kept.length; from += 200) {
    const args = ['verify', ...kept.slice(from, from + 200), '--trust', join(folder, 'trust'), '--json']
    const { code, out, error } = await callRyoritsu(args, settingsOf(place)).ended
    const { files } = JSON.parse(out) as { files: { file: string; ok: boolean; checks: { ok: boolean }[] }[] }
    const wrong = files.filter(({ ok }) => !ok).map(each => ({ ...each, checks: each.checks.filter(({ ok }) => !ok) }))
    t.same([code, wrong.slice(0, 3)], [0, []], `${files.length} files hold ${error}`)
  }
  t.comment(`${kept.length} files verified by the trust folder`)
}
