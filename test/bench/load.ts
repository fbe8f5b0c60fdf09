import { createHistogram } from 'node:perf_hooks'
import { type Dispatcher, Pool } from 'undici'
import { cpuSeconds } from './process-tree.ts'

export interface Load {
  /** loopback only */
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** each is sent once */
  readonly bodies: readonly Buffer[]
  readonly connections: number
  readonly seconds: number
  /** whose CPU is counted, with all that it started */
  readonly pid: number
}

export interface Slice {
  readonly accepted: number
  readonly errors: number
  readonly firstError: string | undefined
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU of the server for each document, in microseconds */
  readonly serverCpuUs: number
  /** and of this generator: it must stay well below the server's, or the figures are its own */
  readonly generatorCpuUs: number
  /** `Location` of everything that was acknowledged */
  readonly locations: readonly string[]
}

/**
 * A closed loop: each connection sends its next document when the last answer is in. Latencies count from sending to the
 * last byte of the answer. It ends when the time is over or the documents are.
 */
export async function runLoad(load: Load): Promise<Slice> {
  const { origin, pid, seconds, bodies, connections } = load
  if (new URL(origin).hostname !== '127.0.0.1') throw new TypeError(`loopback only, not ${origin}`)
  const pool = new Pool(origin, { connections, pipelining: 1 })
  const latencies = createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 })
  const locations: string[] = []
  let errors = 0
  let firstError: string | undefined
  let next = 0

  const one = (body: Buffer) =>
    new Promise<void>(resolve => {
      const sentAt = performance.now()
      const failed = (error: string) => {
        errors++
        firstError ??= error
        resolve()
      }
      pool.dispatch(
        { method: 'POST', path: load.path, headers: load.headers, body },
        answer((status, location, text) => {
          latencies.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)))
          if (status !== 201 || location === undefined) return failed(`${status} ${text.slice(0, 500)}`)
          locations.push(location)
          resolve()
        }, failed)
      )
    })

  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1000
  const before = { server: cpuSeconds(pid), own: process.cpuUsage() }
  const loop = async () => {
    while (performance.now() < endsAt && next < bodies.length) await one(bodies[next++]!)
  }
  await Promise.all(Array.from({ length: connections }, loop))
  const took = (performance.now() - startedAt) / 1000
  const own = process.cpuUsage(before.own)
  const served = cpuSeconds(pid) - before.server
  await pool.close()

  const answered = Math.max(1, locations.length + errors)
  return {
    accepted: locations.length,
    errors,
    firstError,
    perSecond: locations.length / took,
    p50Ms: latencies.percentile(50) / 1000,
    p99Ms: latencies.percentile(99) / 1000,
    serverCpuUs: (served / answered) * 1e6,
    generatorCpuUs: (own.user + own.system) / answered,
    locations
  }
}

/** The cheapest way to hear an answer with undici; the body is kept only of those that are not 201. */
function answer(
  done: (status: number, location: string | undefined, text: string) => void,
  failed: (error: string) => void
): Dispatcher.DispatchHandler {
  let status = 0
  let location: string | undefined
  const chunks: Buffer[] = []
  return {
    onRequestStart() {},
    onResponseStart(_controller, code, headers) {
      status = code
      location = headers.location as string | undefined
    },
    onResponseData(_controller, chunk) {
      if (status !== 201) chunks.push(Buffer.from(chunk))
    },
    onResponseEnd() {
      done(status, location, Buffer.concat(chunks).toString())
    },
    onResponseError(_controller, error) {
      failed(`${error}`)
    }
  }
}
