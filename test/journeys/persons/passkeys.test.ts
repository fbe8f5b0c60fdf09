import t from 'tap'
import { case1 } from '../../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { startGateway } from '../../parties/gateway.ts'
import { expectStatus, refusalOf } from '../../parties/story.ts'
import { closePeople, personCase, type Who } from './setting.ts'

t.test('a worker takes the invitation with a passkey, logs in, and is the worker on every route', async t => {
  let ahead = 0
  const running = await startGateway({ now: () => Date.now() + ahead })
  const { person, who, town, atHr } = await personCase(running, case1)
  t.teardown(async () => {
    await closePeople([person, ...Object.values(town)])
    await running.stop()
  })
  t.match(who, { role: 'worker', cases: [{ id: atHr.id, confirmed: false }], notices: [] })
  t.notHas(who, 'name')
  const cases = await person.get<{ items: unknown[] }>('/api/v1/cases')
  t.equal(cases.body.items.length, 1)
  const first = person.cookie
  t.match(first, /^ryoritsu=[\w-]{43}$/u)
  expectStatus(await person.login(), 200)
  t.not(person.cookie, first, 'another session')
  const now = expectStatus(await person.session('GET', '/session'), 200).body as Who
  await t.equal(now.account, who.account)
  t.same(now.cases, [{ id: atHr.id, confirmed: true }])
  t.equal(refusalOf(await person.register(atHr.invitation!)), 'code-invalid', 'the invitation is spent')

  ahead += 31 * 60_000
  const idle = await person.session('GET', '/session')
  t.equal(idle.status, 401, 'idle for longer than half an hour')
})
