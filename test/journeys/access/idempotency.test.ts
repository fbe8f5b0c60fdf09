import t, { type Test } from 'tap'
import type { Caller } from '../../../src/document/caller.ts'
import { as } from '../../../src/document/ids.ts'
import { Idempotency, type KeptAnswer } from '../../../src/journeys/access/idempotency.ts'
import { Refusal } from '../../../src/outcome/refusal.ts'
import { accessSetting, at, callerOf } from './setting.ts'

const dayMs = 24 * 3_600_000

async function setting(t: Test) {
  const { parts, reads, store } = await accessSetting(t)
  const call = (
    body: string,
    more: { caller?: Caller; route?: string; at?: number; isDecidedAnew?: boolean } = {}
  ) => ({
    caller: callerOf(),
    route: 'POST /fhir/Bundle',
    at,
    isDecidedAnew: false,
    ...more,
    body: Buffer.from(body)
  })
  let made = 0
  const handle = async (): Promise<KeptAnswer> => {
    const id = ++made
    await new Promise(resolve => setImmediate(resolve))
    return {
      status: 201,
      headers: { location: `/fhir/Bundle/${id}` },
      type: 'application/json',
      body: `{"id":"${id}"}`
    }
  }
  return { parts, reads, store, call, handle, made: () => made, idempotency: new Idempotency(parts) }
}

const key = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    answer => answer,
    (error: unknown) => (error instanceof Refusal ? error.key : error)
  )

t.test('the same key and body again is the first answer, and nothing happens twice', async t => {
  const { idempotency, parts, call, handle, made } = await setting(t)
  const first = await idempotency.once('k1', call('a'), handle)
  t.match(first, { status: 201, headers: { location: '/fhir/Bundle/1' } })
  t.notOk('idempotent-replay' in first.headers!)
  const replay = { ...first, headers: { ...first.headers, 'idempotent-replay': 'true' } }
  t.same(await idempotency.once('k1', call('a'), handle), replay)
  t.same(await new Idempotency(parts).once('k1', call('a'), handle), replay, 'also after a start anew')
  t.equal(made(), 1)
  t.match(await idempotency.once('k2', call('a'), handle), { headers: { location: '/fhir/Bundle/2' } }, 'another key')
  t.match(await idempotency.once(undefined, call('a'), handle), { headers: { location: '/fhir/Bundle/3' } }, 'no key')
})

t.test('repeats that come while the first is under way wait for its answer', async t => {
  const { idempotency, call, handle, made } = await setting(t)
  const answers = await Promise.all(Array.from({ length: 6 }, () => idempotency.once('k', call('a'), handle)))
  t.equal(made(), 1)
  t.same(
    answers.map(({ headers }) => headers?.['idempotent-replay']),
    [undefined, 'true', 'true', 'true', 'true', 'true']
  )
  t.equal(new Set(answers.map(({ body }) => body)).size, 1)
})

t.test('another body or another route under the same key is a conflict, also while the first is under way', async t => {
  const { idempotency, call, handle, made } = await setting(t)
  const answers = await Promise.all([
    key(idempotency.once('k', call('a'), handle)),
    key(idempotency.once('k', call('b'), handle))
  ])
  t.match(answers, [{ status: 201 }, 'idempotency-conflict'])
  t.equal(await key(idempotency.once('k', call('b'), handle)), 'idempotency-conflict')
  const elsewhere = call('a', { route: 'POST /fhir/Consent' })
  t.equal(await key(idempotency.once('k', elsewhere, handle)), 'idempotency-conflict')
  t.equal(made(), 1)
})

t.test('a call that was refused may come again under its key', async t => {
  const { idempotency, call, handle, made } = await setting(t)
  const refused = async (): Promise<KeptAnswer> => {
    throw new Refusal('store-unavailable')
  }
  const [first, second] = await Promise.all([
    key(idempotency.once('k', call('a'), refused)),
    key(idempotency.once('k', call('a'), handle))
  ])
  t.equal(first, 'store-unavailable')
  t.match(second, { status: 201 })
  t.equal(made(), 1)
})

t.test('keys are an organisation’s own, and within it a role’s', async t => {
  const { idempotency, call, handle, made } = await setting(t)
  const others = [
    {},
    { organization: as<Caller['organization']>('other') },
    { party: as<Caller['party']>('party-ohp') }
  ]
  for (const other of others) await idempotency.once('k', call('a', { caller: callerOf(other) }), handle)
  t.equal(made(), 3)
})

t.test('an answer with health information is not kept: a repeat is decided on as things stand', async t => {
  const { idempotency, call, reads, parts } = await setting(t)
  let name = 'before withdrawal'
  const handle = async (): Promise<KeptAnswer> => ({ status: 200, body: name })
  const anew = call('a', { isDecidedAnew: true })
  await idempotency.once('k', anew, handle)
  name = 'after withdrawal'
  t.match(await idempotency.once('k', anew, handle), { body: name, headers: { 'idempotent-replay': 'true' } })
  const { keyring } = parts.record
  const kept = await reads.answers.answer(keyring.mac('idempotency', 'employer', 'party-hr', 'k'))
  t.ok(kept, 'that it was answered is')
  t.equal(await key(idempotency.once('k', call('b', { isDecidedAnew: true }), handle)), 'idempotency-conflict')
})

t.test('an answer is kept for a day, and sealed', async t => {
  const { idempotency, call, handle, made, reads, parts } = await setting(t)
  await idempotency.once('k', call('a'), handle)
  const kept = await reads.answers.answer(parts.record.keyring.mac('idempotency', 'employer', 'party-hr', 'k'))
  t.ok(kept!.expiresAt >= at + dayMs)
  t.notOk(Buffer.from(kept!.sealed).includes('Bundle'))
  t.match(await idempotency.once('k', call('a', { at: at + dayMs - 1 }), handle), { body: '{"id":"1"}' })
  await idempotency.once('k', call('b', { at: at + dayMs }), handle)
  t.equal(made(), 2, 'then the key is free')
})

t.test('a key is 1 to 64 visible ASCII characters', async t => {
  const { idempotency, call, handle, made } = await setting(t)
  for (const wrong of ['', ' ', 'a b', 'é', 'a\n', 'x'.repeat(65)])
    t.equal(await key(idempotency.once(wrong, call('a'), handle)), 'parameter-invalid', JSON.stringify(wrong))
  t.equal(made(), 0)
  for (const right of ['!', '~', 'x'.repeat(64)])
    t.match(await idempotency.once(right, call('a'), handle), { status: 201 })
})
