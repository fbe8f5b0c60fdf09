import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { missing } from './acknowledged.ts'
import { judge, judgementLine } from './judge.ts'
import { runLoad, type Slice } from './load.ts'
import { peakMebibytes } from './process-tree.ts'
import { documents } from './requests.ts'
import { type Server, startFloorProcess, startGatewayProcess } from './servers.ts'
import { prepareHome, type Setting } from './setting.ts'
import { compare, type Round, type Summary, type Surroundings, surroundings, table } from './summary.ts'

/**
 * `npm run bench`: what judging a document costs (`--judge` alone: that and nothing else), then the full secured deposit
 * against the floor, in alternating slices on the very same documents.
 *
 *   node test/bench/bench.ts [--judge] [--quick] [--rounds 6] [--seconds 5] [--connections 16] [--cases 64]
 *
 * It asserts no time. It exits 1 where a document was refused, or acknowledged and not there afterwards.
 */
const { values } = parseArgs({
  options: {
    judge: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '16' },
    cases: { type: 'string', default: '64' }
  }
})
const rounds = Number(values.rounds ?? (values.quick ? 2 : 6))
const seconds = Number(values.seconds ?? (values.quick ? 2 : 5))
const connections = Number(values.connections)

console.log(judgementLine(judge(Math.max(rounds, 6))))
if (!values.judge) await deposit()

async function deposit(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ryoritsu-bench-'))
  const servers: Server[] = []
  try {
    const before = surroundings()
    const setting = await prepareHome(folder, Number(values.cases))
    const gateway = await startGatewayProcess(folder, setting)
    servers.push(gateway)
    const floor = await startFloorProcess(folder, gateway, setting)
    servers.push(floor)
    const summary = { ...before, ...(await measure(setting, floor, gateway)) }
    await setting.employer.close()
    console.log(`\n${table(summary)}`)
    if (!values.quick) keep(summary)
    const faults = [summary.errors, summary.missing].flatMap(({ floor, gateway }) => [floor, gateway])
    if (faults.some(count => count > 0)) process.exitCode = 1
  } finally {
    for (const server of servers) await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(setting: Setting, floor: Server, gateway: Server): Promise<Omit<Summary, keyof Surroundings>> {
  const all: { readonly server: Server; readonly slice: Slice }[] = []
  const run = async (server: Server, bodies: readonly Buffer[], duration: number): Promise<Slice> => {
    const authorization = `Bearer ${await setting.employer.token()}`
    const headers = { authorization, 'content-type': 'application/fhir+json' }
    const { origin, pid } = server
    const slice = await runLoad({ origin, pid, path: '/fhir/Bundle', headers, bodies, connections, seconds: duration })
    all.push({ server, slice })
    return slice
  }

  const warm = documents(3000, setting.cases, setting.key)
  const first = [await run(floor, warm, 3), await run(gateway, warm, 3)]
  const perSlice = Math.ceil(Math.max(...first.map(({ perSecond }) => perSecond)) * seconds * 1.3)

  const measured: Round[] = []
  for (let number = 0; number < rounds; number++) {
    const bodies = documents(perSlice, setting.cases, setting.key)
    const slices = new Map<Server, Slice>()
    for (const server of number % 2 === 0 ? [floor, gateway] : [gateway, floor]) {
      slices.set(server, await run(server, bodies, seconds))
    }
    const round = { floor: slices.get(floor)!, gateway: slices.get(gateway)! }
    measured.push(round)
    console.log(line(number + 1, round))
  }
  const peak = { floor: peakMebibytes(floor.pid), gateway: peakMebibytes(gateway.pid) }
  await floor.kill()
  await gateway.kill()

  const of = (server: Server) => all.filter(each => each.server === server).map(({ slice }) => slice)
  const both = <Value>(value: (server: Server) => Value) => ({ floor: value(floor), gateway: value(gateway) })
  return {
    rounds,
    secondsPerSlice: seconds,
    connections,
    documentBytes: warm[0]!.length,
    accepted: both(server => sum(of(server).map(({ accepted }) => accepted))),
    errors: both(server => sum(of(server).map(({ errors }) => errors))),
    missing: both(server =>
      missing(
        server,
        of(server).flatMap(({ locations }) => locations)
      )
    ),
    peakMebibytes: peak,
    figures: compare(measured)
  }
}

function line(number: number, round: Round): string {
  const one = (name: keyof Round) => {
    const { perSecond, serverCpuUs, p99Ms, errors, firstError } = round[name]
    const trouble = errors > 0 ? `, ${errors} errors, the first: ${firstError}` : ''
    return `${name} ${perSecond.toFixed(0)}/s, ${serverCpuUs.toFixed(0)} µs CPU, p99 ${p99Ms.toFixed(1)} ms${trouble}`
  }
  return `round ${number}: ${one('floor')}; ${one('gateway')}`
}

/** The last full run, beside the README that quotes it. */
function keep(summary: Summary): void {
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, 'latest.json'), `${JSON.stringify(summary, null, 2)}\n`)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0)
}
