import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { freePort } from '../parties/gateway.ts'
import { minutesPerFile, tracedAnswers } from '../sizes.ts'
import { Line } from './ask.ts'
import { AtRest, requestOf } from './at-rest.ts'
import { answersTooEarly, keysTooLate, type Promised } from './durable-first.ts'
import { startGatewayProcess } from './gateway-process.ts'
import { emptyLedger, type Ledger } from './ledger.ts'
import { Load } from './load.ts'
import { randomFrom, seedOfRun } from './seed.ts'
import { closeTown, type Desk, prepareTown } from './town.ts'
import { type Call, readTrace } from './trace.ts'

/**
 * Watches the system calls of a gateway at work: before the first byte of a 201, or of a 200 with a document, the commit behind
 * it was written to the write-ahead log and a sync of that log had returned.
 */
const timeout = minutesPerFile * 60_000
t.setTimeout(timeout)

const random = randomFrom(seedOfRun())
t.comment(`seed ${random.seed}`)

const syncOf = (file: string) => `7 fsync(5</home/${file}>) = 0`
const id = '0199a5b0-0000-7000-8000-00000000000a'
const small = [
  String.raw`7 pwrite64(5</home/gateway.db-wal>, "\0\0\0\2\0\0\0\0\1\2\3\4\5\6\7\10\21\22\23\24\25\26\27\30", 24, 32) = 24`,
  String.raw`7 pwrite64(5</home/gateway.db-wal>, "\r\0\1230199a5b0-0000-7000-8000-00000000000a\377"..., 4096, 56) = 4096`,
  String.raw`7 pwrite64(5</home/gateway.db-wal>, "\0\0\0\3\0\0\0\t\1\2\3\4\5\6\7\10\21\22\23\24\25\26\27\30", 24, 4152) = 24`,
  String.raw`7 pwrite64(5</home/gateway.db-wal>, "\n\0\0", 4096, 4176) = 4096`,
  syncOf('gateway.db-wal'),
  String.raw`7 write(9<socket:[1]>, "HTTP/1.1 201 Created\r\nx-request-id: r-1\r\ncontent-length: 2\r\n\r\n{}", 70) = 70`
] as const
const [header, page, lastHeader, lastPage, sync, answer] = small
const judged = (...lines: readonly string[]) =>
  answersTooEarly(readTrace(lines), [{ request: 'r-1', status: 201, rows: [id] }])

t.test('the judge of traces tells what is durable from what is not', async t => {
  t.same(judged(...small), [])
  t.match(judged(header, page, lastHeader, lastPage, answer, sync), [/answered at line 5, on the disk only at line 6/])
  t.match(
    judged(sync, header, page, lastHeader, lastPage, answer),
    [/nothing was synced/],
    'a sync before does not count'
  )
  t.match(judged(header, page, sync, lastHeader, lastPage, answer), [/nothing was synced/], 'nor one in the middle')
  t.match(
    judged(header, page, lastHeader, lastPage, syncOf('gateway.db'), answer),
    [/nothing was/],
    'nor of another file'
  )
  t.match(
    judged(header, page, lastHeader, lastPage, sync.replace('= 0', '= -1 EIO'), answer),
    [/nothing was/],
    'nor a failed one'
  )
  t.match(judged(header, page, sync, answer), [/its commit never ended/])
  t.match(judged(lastHeader, lastPage, sync, answer), [/its rows were never written/])
  t.match(judged(header, page, lastHeader, lastPage, sync), [/no answer 201/])
  t.match(judged(...small.slice(0, 5), answer.replace('201 Created', '503 Service Unavailable')), [/no answer 201/])
  const begun = '7 fsync(5</home/gateway.db-wal> <unfinished ...>'
  const ended = '7 <... fsync resumed>) = 0'
  const commit = [header, page, lastHeader, lastPage, begun] as const
  t.same(judged(...commit, '8 write(1</log>, "x", 1) = 1', ended, answer), [])
  t.match(judged(...commit, answer.replace('7 ', '8 '), ended), [/answered at line 6, on the disk only at line 7/])
})

t.test(`${tracedAnswers} deposits and ${tracedAnswers} disclosures wait for the disk`, { timeout }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-trace-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { port, desks } = await prepareTown(folder)
  t.teardown(() => closeTown(desks))
  const gateway = startTraced(t, folder, port)
  await gateway.ready()
  const ledger = emptyLedger()
  const line = new Line()
  await depositAndRead(folder, desks, { line, ledger })
  await line.close()
  t.equal(await gateway.stop(), 0)
  t.same(ledger.unexpected, [])

  const file = await AtRest.open(folder)
  const deposits = await promisedOf(file, 'document-deposit')
  const disclosures = await promisedOf(file, 'document-disclose')
  const records = file.rows('select count(*) as "count" from "audit"')[0]!.count
  file.close()
  t.equal(ledger.deposits.filter(({ acknowledged }) => acknowledged[0]?.status === 201).length, tracedAnswers)
  t.equal(deposits.length, tracedAnswers)
  t.equal(ledger.readings.length, tracedAnswers)
  t.equal(disclosures.length, tracedAnswers)

  const calls = readTrace(linesOf(folder))
  t.same(answersTooEarly(calls, deposits), [], 'no 201 left before its commit was on the disk')
  t.same(answersTooEarly(calls, disclosures), [], 'no document left before the record of it was')
  const syncs = calls.filter(isSyncOfWal)
  t.equal(
    answersTooEarly(
      calls.filter(call => !isSyncOfWal(call)),
      [...deposits, ...disclosures]
    ).length,
    2 * tracedAnswers,
    'without the syncs, every answer of this same trace would be found'
  )
  t.comment(
    `${calls.length} calls, ${syncs.length} syncs of the write-ahead log for ${2 * tracedAnswers} answers and ` +
      `the ${records} audit records of this home; ${Math.round(statSync(traceOf(folder)).size / 1e6)} MB of trace`
  )
})

t.test('the keys of a fresh home are on the disk before anyone is answered', { timeout }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-trace-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const gateway = startTraced(t, folder, await freePort())
  await gateway.ready()
  t.equal(await gateway.stop(), 0)
  const calls = readTrace(linesOf(folder))
  t.same(keysTooLate(calls), [])
  const isSyncOfKeys = ({ name, on }: Call) => name === 'fsync' && on.endsWith('/keys')
  t.equal(keysTooLate(calls.filter(call => !isSyncOfKeys(call))).length, 6, 'five keys and the master key')
})

const isSyncOfWal = ({ name, on }: Call): boolean => /^f(data)?sync$/u.test(name) && on.endsWith('.db-wal')

const traceOf = (folder: string): string => join(folder, 'trace')
const linesOf = (folder: string): readonly string[] => readFileSync(traceOf(folder), 'latin1').split('\n')

function startTraced(t: Test, home: string, port: number) {
  const found = spawnSync('strace', ['-V'], { encoding: 'utf8' })
  if (found.status !== 0) throw new Error('strace is not there: apt-get install strace')
  t.comment(found.stdout.split('\n')[0])
  const watched = 'fdatasync,fsync,write,writev,pwrite64,pwritev,sendto,sendmsg'
  // strings as long as a page of the database with what is around it
  const under = ['strace', '-f', '--seccomp-bpf', '-y', '-ttt', '-s', '8400', '-e', `trace=${watched}`]
  return startGatewayProcess({
    home,
    port,
    log: join(home, 'gateway.log'),
    under: [...under, '-o', traceOf(home)]
  })
}

/** Several at a time, so that some commits are shared; each document is then read once by one who may. */
async function depositAndRead(
  folder: string,
  desks: readonly Desk[],
  { line, ledger }: { readonly line: Line; readonly ledger: Ledger }
): Promise<void> {
  const load = new Load({ line, ledger, random, known: [], views: new Map(), name: 'traced' })
  const each = async <Item>(items: readonly Item[], act: (item: Item) => Promise<unknown>) => {
    const left = [...items]
    const work = async () => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) await act(item)
    }
    await Promise.all(Array.from({ length: desks.length }, work))
  }
  for (let number = 0; number < tracedAnswers; number++) {
    const desk = desks[number % desks.length]!
    ledger.deposits.push({ desk, ...desk.write(), key: undefined, acknowledged: [], isUnknown: false })
  }
  await each(ledger.deposits, deposit => load.send(deposit))

  const file = await AtRest.open(folder)
  const left = () => file.rows(`select "id" from "outbox" where "state" = 'building'`).length
  for (let waited = 0; left() > 0 && waited < 600; waited++) await sleep(100)
  const viewOf = (document: string) =>
    String(file.rows('select "id" from "view" where "document" = ?', document)[0]!.id)
  await each(ledger.deposits, async ({ desk, acknowledged }) => {
    const original = acknowledged[0]!.id
    const reader = random.of([desk.author, desk.worker, desk.recipient])
    await load.read(reader, reader === desk.recipient ? viewOf(original) : original)
  })
  file.close()
}

/** What must have been written before the answers to requests that did this. */
async function promisedOf(file: AtRest, act: 'document-deposit' | 'document-disclose'): Promise<readonly Promised[]> {
  const records = await file.records()
  return records
    .filter(record => record.act === act)
    .map(record => ({
      request: requestOf(record)!,
      ...(act === 'document-deposit'
        ? { status: 201, rows: [record.id, record.document!] }
        : { status: 200, rows: [record.id] })
    }))
}
