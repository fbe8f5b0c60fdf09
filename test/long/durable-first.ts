import { bytesIn, type Call } from './trace.ts'

/** An answer that may only leave when what it says is on the disk. */
export interface Promised {
  /** its X-Request-Id */
  readonly request: string
  readonly status: 200 | 201
  /** ids that stand in clear in the rows of its commit: of its audit record, of the document that it made */
  readonly rows: readonly string[]
}

const walFrameHeader = 24
const syncs = ['fdatasync', 'fsync']
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu

/**
 * Answers whose first byte left before an fdatasync of the database's write-ahead log had returned that began after the last
 * frame of their commit was written. A frame is written as its header and its page; the header of the last one of a
 * transaction says how many pages the database now has.
 * @see https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
export function answersTooEarly(calls: readonly Call[], promised: readonly Promised[]): readonly string[] {
  const wal = calls.filter(({ on }) => on.endsWith('.db-wal'))
  const { firstWriteOf, commits } = readCommits(wal)
  const syncsOfWal = wal.filter(({ name, result }) => syncs.includes(name) && result === 0)
  const answers = answersByRequest(calls)
  return promised.flatMap(({ request, status, rows }) => {
    const answer = answers.get(request)
    if (answer?.status !== status) return [`${request}: no answer ${status} in the trace`]
    const written = rows.map(id => firstWriteOf.get(id))
    if (rows.length === 0 || written.includes(undefined)) return [`${request}: its rows were never written`]
    const committed = commits.find(at => at >= Math.max(...(written as number[])))
    if (committed === undefined) return [`${request}: its commit never ended`]
    const sync = syncsOfWal.find(({ began }) => began > committed)
    if (!sync) return [`${request}: nothing was synced after its commit`]
    return sync.returned < answer.began
      ? []
      : [`${request}: answered at line ${answer.began}, on the disk only at line ${sync.returned}`]
  })
}

/** At which line each id was first written, and at which lines a transaction was complete in the file. */
function readCommits(wal: readonly Call[]): {
  readonly firstWriteOf: ReadonlyMap<string, number>
  readonly commits: readonly number[]
} {
  const firstWriteOf = new Map<string, number>()
  const commits: number[] = []
  let endsTransaction = false
  for (const { name, text, result, returned } of wal) {
    if (name !== 'pwrite64') continue
    if (result === walFrameHeader) {
      endsTransaction = bytesIn(text).readUInt32BE(4) !== 0
      continue
    }
    for (const [id] of text.matchAll(uuid)) if (!firstWriteOf.has(id)) firstWriteOf.set(id, returned)
    if (endsTransaction) commits.push(returned)
    endsTransaction = false
  }
  return { firstWriteOf, commits }
}

/** The line at which the first byte of each answer left. */
function answersByRequest(
  calls: readonly Call[]
): ReadonlyMap<string, { readonly status: number; readonly began: number }> {
  const answers = new Map<string, { readonly status: number; readonly began: number }>()
  for (const { text, began } of calls) {
    const [, status] = /"HTTP\/1\.1 (\d{3}) /u.exec(text) ?? []
    const [, request] = /\\r\\nx-request-id: ([A-Za-z0-9-]+)\\r\\n/u.exec(text) ?? []
    if (status && request && !answers.has(request)) answers.set(request, { status: Number(status), began })
  }
  return answers
}

/** Key files that were not on the disk, with their folder, before the first byte left for a client. */
export function keysTooLate(calls: readonly Call[]): readonly string[] {
  const firstAnswer = calls.find(({ text }) => text.includes('"HTTP/1.1 '))?.began ?? 0
  const before = calls.filter(({ returned }) => returned < firstAnswer)
  const written = [...new Set(calls.filter(isKeyWrite).map(({ on }) => on))]
  if (written.length === 0) return ['no key was written']
  return written.flatMap(file => {
    const write = calls.findLast(call => isKeyWrite(call) && call.on === file)!
    const own = before.find(
      ({ name, on, result, began }) => syncs.includes(name) && on === file && result === 0 && began > write.returned
    )
    const folder = before.find(
      ({ name, on, result, began }) =>
        syncs.includes(name) && on.endsWith('/keys') && result === 0 && own && began > own.returned
    )
    return own && folder ? [] : [`${file} or its folder was not synced`]
  })
}

const isKeyWrite = ({ name, on }: Call): boolean => name.includes('write') && /\/keys\/[^/]+$/u.test(on)
