import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { freePort } from '../parties/gateway.ts'
import { fetchTrust } from '../parties/gateway-trust.ts'
import { killedFirstStarts, killRounds, killRoundsPerHome, minutesPerFile } from '../sizes.ts'
import {
  depositsNotKept,
  depositsNotProven,
  depositsNotServed,
  disclosuresNotRecorded,
  receiptsNotProven
} from './acknowledged.ts'
import { Line } from './ask.ts'
import { AtRest } from './at-rest.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import { type Deposit, emptyLedger, type Ledger } from './ledger.ts'
import { Load } from './load.ts'
import { readLog } from './log-at-rest.ts'
import { randomFrom, seedOfRun } from './seed.ts'
import { closeTown, type Desk, prepareTown } from './town.ts'
import { halvesIn } from './whole.ts'

/**
 * Kills the gateway with SIGKILL at random moments of deposits and reads. After each kill everything that was acknowledged
 * is there, nothing is there in halves, and nothing was disclosed without its record.
 *
 * A round: load, kill, look at the database as the dead process left it, start again on it (some starts are killed too), ask
 * for everything over HTTP, send again what had no answer, look again.
 */
const random = randomFrom(seedOfRun())
const mostAnswers = 150
const loadWithinMs = 10_000
const timeout = minutesPerFile * 60_000
t.setTimeout(timeout)
t.comment(`seed ${random.seed}; to kill at the same moments again: node test/long/kill.long.ts --seed ${random.seed}`)

/** What one home has been through; it grows with each round. */
interface Home {
  readonly folder: string
  readonly port: number
  readonly desks: readonly Desk[]
  readonly deposits: Deposit[]
  /** derived documents by the party that may read them */
  views: ReadonlyMap<string, readonly string[]>
}

const seen = { rounds: 0, starts: 0, acknowledged: 0, cut: 0, kept: 0, disclosures: 0, begun: 0, records: 0, views: 0 }

t.test(`${killRounds} kills during deposits and reads`, { timeout }, async t => {
  for (let done = 0; done < killRounds; done += killRoundsPerHome) {
    const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-kill-'))
    const home: Home = { folder, ...(await prepareTown(folder)), deposits: [], views: new Map() }
    const rounds = Math.min(killRoundsPerHome, killRounds - done)
    for (let round = 0; round < rounds; round++) await killOnce(t, home, `round-${done + round + 1}`)
    await finish(t, home)
    await closeTown(home.desks)
    if (t.passing()) rmSync(folder, { recursive: true, force: true })
    else t.comment(`the home is kept: ${folder}`)
  }
  t.comment(
    `${seen.rounds} kills under load, ${seen.starts} more while starting; ${seen.acknowledged} documents acknowledged, ` +
      `${seen.cut} without an answer (${seen.kept} of them recorded); ${seen.disclosures} documents read, of ` +
      `which ${seen.begun} were cut; ${seen.views} derived documents and ${seen.records} audit records at the end`
  )
})

t.test(`${killedFirstStarts} kills while it makes its home`, { timeout }, async t => {
  for (let number = 0; number < killedFirstStarts; number++) {
    const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-first-'))
    const home = { folder, port: await freePort() }
    await killWhileStarting(home, 1500)
    const gateway = start(home)
    await gateway.ready()
    t.equal(await gateway.stop(), 0, 'the next start finds or makes what it needs')
    rmSync(folder, { recursive: true, force: true })
  }
})

async function killOnce(t: Test, home: Home, name: string): Promise<void> {
  const { folder, desks } = home
  const gateway = start(home)
  const ledger = emptyLedger()
  const line = new Line()
  const load = new Load({ line, ledger, random, known: home.deposits, views: home.views, name })
  load.prepare(desks)
  await gateway.ready()
  const running = load.run(desks)
  // counted in answers, so that a slow machine is killed in the middle of as much as a fast one; some before the first
  const most = random.below(mostAnswers)
  for (const until = Date.now() + loadWithinMs; load.answers < most && Date.now() < until; ) await sleep(1)
  await sleep(random.below(30))
  load.end()
  await gateway.kill()
  await running
  await line.close()

  const about = `${name}, killed after ${load.answers} answers`
  const unanswered = ledger.deposits.filter(each => each.isUnknown && each.acknowledged.length === 0)
  const kept = await lookAtDead(t, home, ledger, about)
  if (random.next() < 0.25) {
    await killWhileStarting(home, 1200)
    seen.starts++
  }
  await askAgain(t, home, ledger, { about, unanswered, kept })
  const file = await AtRest.open(folder)
  const records = await file.records()
  t.same(await depositsNotKept(file, records, ledger.deposits), [], `${about}: none is there twice`)
  t.same(
    await disclosuresNotRecorded(file, records, ledger),
    [],
    `${about}: and each reading since then has its record`
  )
  home.views = viewsIn(file)
  file.close()

  const answered = ledger.deposits.filter(each => each.acknowledged.length > 0)
  home.deposits.push(...answered)
  seen.rounds++
  seen.acknowledged += answered.length
  seen.cut += unanswered.length
  seen.kept += kept.size
  seen.disclosures += ledger.readings.length
  seen.begun += ledger.readings.filter(({ bytes }) => bytes === undefined).length
}

/** @returns those deposits that had no answer and are there all the same, with their ids */
async function lookAtDead(t: Test, home: Home, ledger: Ledger, about: string): Promise<ReadonlyMap<Deposit, string>> {
  const file = await AtRest.open(home.folder)
  const records = await file.records()
  const deposits = [...home.deposits, ...ledger.deposits]
  t.same(ledger.unexpected, [], `${about}: every answer is one that a client may get`)
  t.same(await depositsNotKept(file, records, deposits), [], `${about}: what was acknowledged is there`)
  t.same(await disclosuresNotRecorded(file, records, ledger), [], `${about}: no disclosure without its record`)
  t.same(await halvesIn(file, records), [], `${about}: nothing is there in halves`)
  t.same(readLog(file).faults, [], `${about}: head, nodes and numbers of the log are those of its records`)
  const unanswered = ledger.deposits.filter(each => each.acknowledged.length === 0)
  const kept = unanswered.flatMap(each => {
    const [id] = file.documentsOf(each.desk.author.file.organization, each.identifier)
    return id === undefined ? [] : [[each, id] as const]
  })
  file.close()
  return new Map(kept)
}

/** Over HTTP, as the parties themselves would see it. */
async function askAgain(
  t: Test,
  home: Home,
  ledger: Ledger,
  cut: {
    readonly about: string
    readonly unanswered: readonly Deposit[]
    readonly kept: ReadonlyMap<Deposit, string>
  }
): Promise<void> {
  const { about, unanswered, kept } = cut
  const gateway = start(home)
  await gateway.ready()
  const trust = await fetchTrust(gateway.baseUrl)
  const line = new Line()
  const load = new Load({ line, ledger, random, known: [], views: new Map(), name: `${about.split(',')[0]}-again` })
  const acknowledged = ledger.deposits.filter(each => each.acknowledged.length > 0)

  t.same(await depositsNotServed(load, acknowledged), [], `${about}: authors get back what they sent, byte by byte`)
  const sample = acknowledged.filter(() => random.next() < 0.1)
  t.same(await depositsNotProven(line, sample, trust), [], `${about}: auditors get proofs against the new checkpoint`)
  const file = await AtRest.open(home.folder)
  const receipts = await receiptsNotProven([...home.deposits, ...acknowledged], () => readLog(file), trust)
  file.close()
  t.same(receipts, [], `${about}: every receipt holds in the log as it is now, which only grew`)

  const other: string[] = []
  for (const deposit of unanswered) {
    await load.send(deposit)
    const [answer] = deposit.acknowledged
    const id = kept.get(deposit)
    // the first answer under an Idempotency-Key may have been stored although nobody heard it
    const expected = id === undefined ? [201] : deposit.key === undefined ? [200] : [200, 201]
    if (!answer || !expected.includes(answer.status) || (id ?? answer.id) !== answer.id)
      other.push(`${deposit.identifier.value}: ${answer?.status} ${answer?.id}, at rest ${id}`)
  }
  t.same(other, [], `${about}: what had no answer and is sent again is there once`)
  t.same(ledger.unexpected, [], `${about}: and nobody is refused`)
  await line.close()
  await gateway.kill()
}

/** What was begun is finished after the last start, and an orderly stop leaves nothing open. */
async function finish(t: Test, home: Home): Promise<void> {
  const gateway = start(home)
  await gateway.ready()
  const live = await AtRest.open(home.folder)
  const building = () => live.rows(`select "id" from "outbox" where "state" = 'building'`).length
  for (let waited = 0; building() > 0 && waited < 600; waited++) await sleep(100)
  live.close()
  t.equal(await gateway.stop(), 0, 'it stops in order')

  const file = await AtRest.open(home.folder)
  const records = await file.records()
  t.same(await depositsNotKept(file, records, home.deposits), [], 'everything ever acknowledged is there')
  t.same(await halvesIn(file, records), [], 'and whole')
  t.same(readLog(file).faults, [], 'and so is the log')
  const waiting = file.rows(
    'select "id" from "document" d where not exists (select 1 from "view" v where v."document" = d."id")'
  )
  t.same(waiting, [], 'each document has reached its recipient')
  seen.records += records.length
  seen.views += file.rows('select "id" from "view"').length
  file.close()
  const defects = readFileSync(logOf(home), 'utf8')
    .split('\n')
    .filter(line => line.includes('"level":50'))
  t.same(defects, [], 'the gateway has logged no defect')
}

async function killWhileStarting(home: Pick<Home, 'folder' | 'port'>, withinMs: number): Promise<void> {
  const gateway = start(home)
  await sleep(random.below(withinMs))
  await gateway.kill()
}

const logOf = ({ folder }: Pick<Home, 'folder'>): string => join(folder, 'gateway.log')

const start = (home: Pick<Home, 'folder' | 'port'>): GatewayProcess =>
  startGatewayProcess({ home: home.folder, port: home.port, log: logOf(home) })

function viewsIn(file: AtRest): Home['views'] {
  const views = new Map<string, string[]>()
  for (const { id, party } of file.rows('select "id", "party" from "view"')) {
    views.set(String(party), [...(views.get(String(party)) ?? []), String(id)])
  }
  return views
}
