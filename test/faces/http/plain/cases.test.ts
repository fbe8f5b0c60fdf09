import t from 'tap'
import { cases } from '../../../../fixtures/cases/cases.ts'
import type { components } from '../../../../openapi/gateway.d.ts'
import { startGateway } from '../../../parties/gateway.ts'
import type { Answered } from '../../../parties/party.ts'
import { registerTown } from '../../../parties/register.ts'
import { accept, expectStatus } from '../../../parties/story.ts'

type Case = components['schemas']['OpenedCase']
type Problem = components['schemas']['Problem']
interface List {
  readonly items: readonly Case[]
  readonly next?: string
}

const story = cases[1]!
const opening = {
  kind: story.kind,
  workerName: story.worker.name,
  workerKana: story.worker.kana,
  birthDate: story.worker.birthDate,
  localIdentifier: { system: 'https://hr.example/employees', value: 'A-1021' },
  contactWindow: '人事部 両立支援窓口'
}

t.test('cases as plain JSON', async t => {
  const running = await startGateway()
  const town = await registerTown(running, story)
  t.teardown(async () => {
    await Promise.all(Object.values(town).map(party => party.close()))
    await running.stop()
  })
  const { hr, worker, hospital } = town
  const open = (body: unknown, headers: Record<string, string> = {}) =>
    hr.post<Case & Problem>('/api/v1/cases', body, { headers })

  t.test('an employer opens a case, the worker joins it, a stranger finds nothing', async t => {
    const { body, headers } = expectStatus(await open(opening), 201)
    t.match(body, {
      kind: story.kind,
      state: 'open',
      id: /^[0-9a-f-]{36}$/,
      case: /^\S{22,}$/,
      caseSubject: /^\S{22}$/
    })
    t.equal(headers.location, `${running.baseUrl}/api/v1/cases/${body.id}`)
    const atWorker = await accept(worker, body.invitation!)

    const read = expectStatus(await hr.get<Case>(`/api/v1/cases/${body.id}`), 200)
    const { invitation: _, ...shown } = body
    t.same(read.body, shown)
    const own = expectStatus(await worker.get<Case>(`/api/v1/cases/${body.id}`), 200)
    t.equal(own.body.state, 'requested', 'the worker sees the fine state')
    t.equal(own.body.caseSubject, atWorker.subject)
    t.not(own.body.caseSubject, body.caseSubject)

    const others = await hospital.get<Problem>(`/api/v1/cases/${body.id}`)
    const absent = await hospital.get<Problem>('/api/v1/cases/no-such-case')
    t.equal(others.headers['content-type'], 'application/problem+json; charset=utf-8')
    t.match(others.body, { status: 404, code: 'not-found', type: /CodeSystem\/refusal#not-found$/ })
    t.equal(withoutId(others), withoutId(absent), 'no difference to a case that does not exist')
  })

  t.test('a list comes in pages of one size', async t => {
    for (let i = 0; i < 2; i++) expectStatus(await open(opening), 201)
    const first = expectStatus(await hr.get<List>('/api/v1/cases?limit=2'), 200)
    t.equal(first.body.items.length, 2)
    t.equal(first.bytes.byteLength % 4096, 0)
    const second = expectStatus(await hr.get<List>(`/api/v1/cases?limit=2&after=${first.body.next}`), 200)
    t.equal(second.body.items.length, 1)
    t.notOk('next' in second.body)
    const all = expectStatus(await hr.get<List>('/api/v1/cases'), 200)
    t.same(all.body.items, [...first.body.items, ...second.body.items])
    for (const query of ['limit=0', 'limit=a', 'limit=1&limit=2', 'after=a&after=b']) {
      t.match((await hr.get(`/api/v1/cases?${query}`)).body, { status: 400, code: 'parameter-invalid' }, query)
    }
  })

  t.test('a worker who opens a case needs no invitation and gives no number', async t => {
    const { localIdentifier: _, ...rest } = opening
    const opened = expectStatus(await worker.post<Case>('/api/v1/cases', rest), 201)
    t.equal(opened.body.state, 'requested')
    t.notOk('invitation' in opened.body)
  })

  t.test('an Idempotency-Key opens one case', async t => {
    const headers = { 'idempotency-key': 'opening-1' }
    const first = expectStatus(await open(opening, headers), 201)
    const again = expectStatus(await open(opening, headers), 201)
    t.same(again.body, first.body)
    t.equal(again.headers['idempotent-replay'], 'true')
    const other = await open({ ...opening, workerName: '別人' }, headers)
    t.match(other.body, { status: 409, code: 'idempotency-conflict' })
  })

  t.test('a body of another shape is refused with each place at once, and nothing is bent to fit', async t => {
    const without = (name: string) => Object.fromEntries(Object.entries(opening).filter(([member]) => member !== name))
    const faults: readonly (readonly [unknown, readonly string[]])[] = [
      [{}, ['/kind', '/workerName', '/workerKana', '/birthDate']],
      [without('localIdentifier'), ['/localIdentifier']],
      [{ ...opening, workerName: 7 }, ['/workerName']],
      [{ ...opening, workerName: ' ' }, ['/workerName']],
      [{ ...opening, workerKana: null, kind: 'leave' }, ['/kind', '/workerKana']],
      [{ ...opening, birthDate: '1980-02-30' }, ['/birthDate']],
      [{ ...opening, birthDate: '1980' }, ['/birthDate']],
      [{ ...opening, localIdentifier: { system: 'https://hr.example' } }, ['/localIdentifier/value']],
      [{ ...opening, contactWindo: 'x' }, ['/contactWindo']],
      [{ ...opening, 山田: 'x' }, ['/*']],
      [[opening], ['']],
      ['"text"', ['']]
    ]
    for (const [body, places] of faults) {
      const { body: problem } = expectStatus(await open(body), 400)
      t.equal(problem.code, 'parameter-invalid')
      t.same(
        problem.errors!.map(({ path }) => path).sort(),
        [...places].sort(),
        typeof body === 'string' ? body : Object.keys(body as object).join()
      )
      t.notMatch(JSON.stringify(problem), /山田/u)
    }
    t.match((await open('{"kind":')).body, { status: 400, code: 'invalid-json' })
    t.match((await open('{"kind":"card","kind":"card"}')).body, { status: 400, code: 'duplicate-key' })
    t.match((await open('['.repeat(70))).body, { status: 400, code: 'too-deep' })
    t.match((await open(opening, { 'content-type': 'text/plain' })).body, { status: 415, code: 'media-type' })
    t.match((await open(opening, { accept: 'text/html' })).body, { status: 406, code: 'not-acceptable' })
  })

  t.test('words come in the language that is asked for', async t => {
    const japanese = expectStatus(await open({}), 400).body
    const english = expectStatus(await open({}, { 'accept-language': 'en' }), 400).body
    t.not(japanese.title, english.title)
    t.match(english.title, /^[ -~]+$/)
    t.equal(japanese.errors![0]!.ja, english.errors![0]!.ja, 'each error says it in both')
  })

  t.test('those who stand on no side see no case', async t => {
    t.match((await town.hospitalAuditor.get('/api/v1/cases')).body, { status: 403, code: 'insufficient-scope' })
    t.match((await town.ohp.post('/api/v1/cases', opening)).body, { status: 403, code: 'insufficient-scope' })
    const anonymous = await hr.send<Problem>('GET', '/api/v1/cases', undefined, {})
    t.match(anonymous.body, { status: 401, code: 'unauthorized' })
  })
})

const withoutId = ({ body }: Answered<Problem>): string => JSON.stringify({ ...body, requestId: '' })
