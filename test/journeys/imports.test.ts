import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { cases } from '../../fixtures/cases/cases.ts'
import type { components } from '../../openapi/gateway.d.ts'
import { csvFindings } from '../../src/journeys/imports/csv-findings.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { type Running, startGateway } from '../parties/gateway.ts'
import { type Answered, Party } from '../parties/party.ts'
import { register } from '../parties/register.ts'
import { expectStatus } from '../parties/story.ts'

type Import = components['schemas']['Import']
type Draft = components['schemas']['Draft']
type Problem = components['schemas']['Problem']
type Case = components['schemas']['Case']

const story = cases[1]!
const { answers } = story.documents.find(each => each.kind === 'work-information')!

const cellOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(cellOf).join(';')
  if (typeof value === 'object' && value !== null) return `other:${(value as { other: string }).other}`
  return String(value)
}
const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
const columns = ['case', ...Object.keys(answers)]

/** A file with one row a case, each with the answers of the story but for some. */
const fileOf = (rows: readonly { readonly case: string; readonly but?: Readonly<Record<string, unknown>> }[]): string =>
  [
    columns.join(','),
    ...rows.map(({ case: number, but }) => {
      const row: Readonly<Record<string, unknown>> = { ...answers, ...but, case: number }
      return columns.map(column => quoted(cellOf(row[column]))).join(',')
    })
  ].join('\r\n')

const csv = { 'content-type': 'text/csv' }
const send = <Body = { id: string } & Problem>(
  party: Party,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  query = ''
): Promise<Answered<Body>> => party.post<Body>(`/api/v1/imports${query}`, body, { headers: { ...csv, ...headers } })

async function finished(party: Party, id: string): Promise<Import> {
  for (;;) {
    const { body } = expectStatus(await party.get<Import>(`/api/v1/imports/${id}`), 200)
    if (body.done) return body
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

let number = 0
async function open(party: Party): Promise<Case> {
  const opened = await party.post<Case>('/api/v1/cases', {
    kind: story.kind,
    workerName: story.worker.name,
    workerKana: story.worker.kana,
    birthDate: story.worker.birthDate,
    localIdentifier: { system: 'https://employer.example/staff', value: `import-${++number}` }
  })
  return expectStatus(opened, 201).body
}

const employer = {
  role: 'employer-hr',
  organization: { name: story.employer.name, identifier: story.employer.identifier }
} as const
const told = new Set<string>()
const places = ({ body }: Answered<Problem>): readonly string[] =>
  (body.errors ?? []).map(({ path, code }) => {
    told.add(code)
    return `${path} ${code}`
  })

t.test('work information of many workers', async t => {
  const running = await startGateway()
  const hr = await register(running, employer)
  const stranger = await register(running, {
    role: 'employer-hr',
    organization: { name: '別会社', identifier: cases[2]!.employer.identifier }
  })
  t.teardown(async () => {
    await Promise.all([hr.close(), stranger.close()])
    await running.stop()
  })

  t.test('each row is a draft, as if it had been written by itself', async t => {
    const known = [await open(hr), await open(hr)]
    const other = '船;"はしけ"'
    const rows = [
      { case: known[0]!.case },
      { case: known[1]!.id, but: { 'wi.commute.method': ['walk', { other: '自転車\\;\\\\' }], 'wi.remarks': other } }
    ]
    const started = expectStatus(await send(hr, `\ufeff${fileOf(rows)}\r\n,,\r\n\r\n`), 202)
    t.equal(started.headers.location, `${running.baseUrl}/api/v1/imports/${started.body.id}`)
    const done = await finished(hr, started.body.id)
    t.match(done, { done: true, total: 2 }, 'empty lines are none')
    t.same(done.rows, [
      { row: 2, case: known[0]!.case, errors: [] },
      { row: 3, case: known[1]!.case, errors: [] }
    ])
    const drafts = await Promise.all(
      known.map(({ id }) => hr.get<Draft>(`/api/v1/cases/${id}/work-information`).then(({ body }) => body))
    )
    t.match(drafts[0], { state: 'draft', version: '2026', confirmedBy: [], issues: [] })
    t.same(drafts[0]!.answers, answers)
    t.same(drafts[1]!.answers, {
      ...answers,
      'wi.commute.method': ['walk', { other: '自転車;\\' }],
      'wi.remarks': other
    })
  })

  t.test('a row with an error writes nothing and says where; the others are written', async t => {
    const known = await Promise.all([1, 2, 3, 4].map(() => open(hr)))
    const foreign = await open(stranger)
    const at = (index: number) => ({ case: known[index]!.case })
    const file = fileOf([
      { ...at(0), but: { 'wi.shift': 'sometimes', 'wi.hours.start': '25:00', 'wi.commute.method': ['walk', 'hover'] } },
      at(1),
      { ...at(1), but: { 'wi.remarks': '二度目' } },
      { case: foreign.case },
      { case: 'no-such-case' },
      { ...at(2), but: { 'wi.occupation': '', 'wi.hours.break': 'one' } },
      { ...at(2), but: { 'wi.annualLeaveDays': '8.50' } }
    ])
    const { body } = expectStatus(await send(hr, `${file}\r\n${known[3]!.case},x`), 202)
    const done = await finished(hr, body.id)
    t.same(
      done.rows.map(({ row, case: named, errors }) => [row, named, errors.map(({ path, code }) => `${path} ${code}`)]),
      [
        [2, known[0]!.case, ['wi.shift qr-37', 'wi.hours.start qr-35', 'wi.commute.method qr-37']],
        [3, known[1]!.case, []],
        [4, known[1]!.case, ['case csv-case-double']],
        [5, undefined, ['case not-found']],
        [6, undefined, ['case not-found']],
        [7, known[2]!.case, ['wi.hours.break qr-35', 'wi.occupation qr-06']],
        [8, known[2]!.case, ['wi.annualLeaveDays ambiguous-number']],
        [9, undefined, [' csv-cells']]
      ]
    )
    const [absent, others] = [done.rows[4]!.errors, done.rows[3]!.errors]
    t.same(others, absent, 'a case of others reads as one that is not there')
    t.ok(done.rows.flatMap(({ errors }) => errors).every(({ ja, en, fix }) => ja && en && fix))
    for (const { code } of done.rows.flatMap(({ errors }) => errors)) told.add(code)
    for (const index of [0, 2, 3]) {
      t.equal((await hr.get(`/api/v1/cases/${known[index]!.id}/work-information`)).status, 404, 'nothing of the row')
    }
    const written = await hr.get<Draft>(`/api/v1/cases/${known[1]!.id}/work-information`)
    t.same(written.body.answers, answers, 'the first of two rows of a case')
    t.equal((await stranger.get(`/api/v1/cases/${foreign.id}/work-information`)).status, 404)

    const english = { headers: { 'accept-language': 'en' } }
    const read = await hr.get<Import>(`/api/v1/imports/${body.id}`, english)
    t.equal(read.body.rows[3]!.errors[0]!.fix, 'Check the identifier.')
    t.equal((await stranger.get(`/api/v1/imports/${body.id}`)).status, 404)
    const one = await stranger.get<Problem>(`/api/v1/imports/${body.id}`, { headers: { 'x-request-id': 'r' } })
    const none = await stranger.get<Problem>('/api/v1/imports/none', { headers: { 'x-request-id': 'r' } })
    t.equal(one.text, none.text, 'another organisation learns nothing')
  })

  t.test('a file that cannot be read as a whole is refused with each place, and nothing of it is kept', async t => {
    const before = imports(running)
    const refused = async (file: string | Uint8Array) => {
      const answered = await send(hr, file)
      t.match(answered.body, { status: 400, code: 'invalid-csv' })
      return places(answered)
    }
    t.same(await refused('case,wi.shift,wi.shift,wi.secret,case\nx,day,day,y,x'), [
      'row 1, column 3 csv-column-double',
      'row 1, column 4 csv-column-unknown',
      'row 1, column 5 csv-column-double'
    ])
    t.same(await refused('wi.shift,wi.hours\nday,x'), ['row 1, column 2 csv-column-unknown', 'case csv-column-missing'])
    t.same(await refused(Buffer.from([0x63, 0x61, 0x73, 0x65, 0x0a, 0x93, 0xfa])), ['line 2 csv-encoding'])
    t.same(await refused('case,wi.shift\n"x,day'), ['line 2 csv-quotes'])
    t.same(await refused('case,wi.shift\r\n'), ['row 2 csv-rows'])
    t.same(await refused(`case\n${'x\n'.repeat(1001)}`), ['row 1002 csv-rows'])
    t.match((await send(hr, '')).body, { code: 'invalid-csv' })
    t.match((await send(hr, 'case\nx', {}, '?version=1999')).body, { status: 422, code: 'form-version-unknown' })
    t.match((await send(hr, 'case\nx', { 'content-type': 'text/csv; charset=Shift_JIS' })).body, { status: 415 })
    t.match((await send(hr, 'case\nx', { 'content-type': 'application/json' })).body, { status: 415 })
    t.match((await send(hr, 'x'.repeat(1_048_577))).body, { status: 413 })
    t.equal(imports(running), before)
    const hospital = await register(running, {
      role: 'hospital',
      organization: { name: story.hospital.name, identifier: story.hospital.identifier }
    })
    t.match((await send(hospital, 'case\nx')).body, { status: 403, code: 'role-not-allowed' })
    await hospital.close()
  })

  t.test('each rule of the file has been told once', async t => {
    t.same(
      Object.keys(csvFindings).filter(key => !told.has(key)),
      []
    )
  })

  t.test('the same key with the same file is the same import', async t => {
    const { case: named } = await open(hr)
    const file = fileOf([{ case: named }])
    const key = { 'idempotency-key': 'import-1' }
    const first = expectStatus(await send(hr, file, key), 202)
    const again = expectStatus(await send(hr, file, key), 202)
    t.same(again.body, first.body)
    t.equal(again.headers['idempotent-replay'], 'true')
    t.match((await send(hr, `${file}\n`, key)).body, { status: 409, code: 'idempotency-conflict' })
    // as after a restart that came before the answer was kept
    const stored = new DatabaseSync(join(running.home, 'gateway.db'))
    stored.exec('delete from answer')
    stored.close()
    const lost = expectStatus(await send(hr, file, key), 202)
    t.same(lost.body, first.body, 'also where the first answer was lost')
    t.not((await send(hr, file)).body.id, first.body.id, 'without a key it is another one')
  })

  t.test('nothing of a file is stored in clear, nor logged', async t => {
    const { case: named } = await open(hr)
    const secret = 'セレンディピティ工業'
    const file = fileOf([{ case: named, but: { 'wi.company.name': secret } }])
    const { body } = expectStatus(await send(hr, file), 202)
    const { rows } = await finished(hr, body.id)
    t.same(rows[0]!.errors, [])
    const stored = new DatabaseSync(join(running.home, 'gateway.db'), { readOnly: true })
    for (const table of ['import', 'importRow', 'draft']) {
      const bytes = stored
        .prepare(`select * from "${table}"`)
        .all()
        .flatMap(row => Object.values(row))
      t.ok(bytes.length > 0)
      t.notOk(bytes.some(value => contains(value, secret) || contains(value, story.worker.name)))
    }
    stored.close()
    t.notMatch(running.logged(), new RegExp(`${secret}|${story.worker.name}`, 'u'))
  })
})

t.test('a gateway that ends midway goes on where it was, and does no row twice', async t => {
  const home = mkdtempSync(join(tmpdir(), 'ryoritsu-import-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const first = await startGateway({ home })
  const hr = await register(first, employer)
  const known: Case[] = []
  for (let count = 0; count < 25; count++) known.push(await open(hr))

  // the store fails at the 8th row and from then on, as at a crash
  const { log } = first.gateway.parts.record
  const commit = log.commit.bind(log)
  let commits = 0
  Object.assign(log, {
    commit: (set: Parameters<typeof commit>[0]) => {
      const isRow = set.working.some(({ table, rows }) => table === 'draft' && rows.length > 0)
      return isRow && ++commits > 7 ? Promise.reject(new Refusal('store-unavailable')) : commit(set)
    }
  })
  const file = fileOf(known.map(({ case: named }, index) => ({ case: index === 3 ? 'none' : named })))
  const { body } = expectStatus(await send(hr, file), 202)
  while (commits < 8) await new Promise(resolve => setTimeout(resolve, 10))
  const { body: midway } = await hr.get<Import>(`/api/v1/imports/${body.id}`)
  t.match(midway, { done: false, total: 25 })
  t.same(
    midway.rows.map(({ row }) => row),
    [2, 3, 4, 5, 6, 7, 8, 9],
    'progress'
  )
  await hr.close()
  await first.stop()
  const before = revisions(home)
  t.equal(before.size, 7)

  const second = await startGateway({ home })
  const { file: was } = hr
  const again = new Party({
    ...was,
    baseUrl: `${second.baseUrl}/fhir`,
    issuer: second.baseUrl,
    tokenEndpoint: `${second.baseUrl}/oauth2/token`
  })
  const done = await finished(again, body.id)
  t.same(
    done.rows.map(({ row }) => row),
    [...known.keys()].map(index => index + 2)
  )
  t.same(
    done.rows.filter(({ errors }) => errors.length > 0).map(({ row }) => row),
    [5]
  )
  await again.close()
  await second.stop()
  const after = revisions(home)
  t.equal(after.size, 24)
  t.same(
    [...before].filter(([id, revision]) => after.get(id) !== revision),
    [],
    'what was written is not written again'
  )
  const stored = new DatabaseSync(join(home, 'gateway.db'), { readOnly: true })
  const acts = stored.prepare(`select "act", count(*) as "times" from "audit" group by "act"`).all()
  stored.close()
  const times = Object.fromEntries(acts.map(({ act, times: count }) => [act, count]))
  t.match(times, { import: 1, 'case-transition': 24, refuse: 1 }, 'each is recorded once')
})

t.test('an import goes after 30 days, what it wrote stays', async t => {
  let now = Date.now()
  const running = await startGateway({ now: () => now })
  const hr = await register(running, employer)
  t.teardown(async () => {
    await hr.close()
    await running.stop()
  })
  const { case: named } = await open(hr)
  const { body } = expectStatus(await send(hr, fileOf([{ case: named }])), 202)
  await finished(hr, body.id)
  now += 30 * 24 * 3_600_000
  while (imports(running) > 0) {
    running.gateway.parts.wake()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const stored = new DatabaseSync(join(running.home, 'gateway.db'), { readOnly: true })
  const count = (text: string) => stored.prepare(text).get(...(text.includes('?') ? [body.id] : []))!.n
  t.equal(count('select count(*) as n from importRow'), 0)
  t.equal(count('select count(*) as n from keyWrap where id = ?'), 0, 'its key goes with it')
  t.equal(count('select count(*) as n from draft'), 1)
  stored.close()
})

function imports({ home }: Running): number {
  const stored = new DatabaseSync(join(home, 'gateway.db'), { readOnly: true })
  const { n } = stored.prepare('select count(*) as n from "import"').get() as { n: number }
  stored.close()
  return n
}

/** Another number each time that a draft is written. */
function revisions(home: string): ReadonlyMap<string, number> {
  const stored = new DatabaseSync(join(home, 'gateway.db'), { readOnly: true })
  const rows = stored.prepare('select "case", "revision" from "draft"').all() as unknown as {
    case: string
    revision: number
  }[]
  stored.close()
  return new Map(rows.map(row => [row.case, row.revision]))
}

const contains = (value: unknown, text: string): boolean =>
  value instanceof Uint8Array ? Buffer.from(value).includes(text) : String(value).includes(text)
