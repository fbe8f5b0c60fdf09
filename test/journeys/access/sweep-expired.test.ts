import t from 'tap'
import { sweepExpired } from '../../../src/journeys/access/sweep-expired.ts'
import { accessSetting, at } from './setting.ts'

const minute = 60_000

t.test('forgets used assertions, revocations and kept answers past their end, and nothing else', async t => {
  const { store, reads, parts } = await accessSetting(t)
  const once = (scope: 'jti' | 'revoked' | 'document', key: string, expiresAt: number | null) =>
    store.log.note([], [{ kind: 'once', scope, key, value: 'v', expiresAt }])
  const answer = (key: string, expiresAt: number) =>
    store.log.note([{ table: 'answer', rows: [{ key, bodyMac: 'm', sealed: Buffer.from('s'), expiresAt }] }])
  await once('jti', 'over', at)
  await once('jti', 'alive', at + 10 * minute)
  await once('revoked', 'over', at)
  await once('revoked', 'alive', at + 10 * minute)
  await once('document', 'for-ever', null)
  await answer('over', at)
  await answer('alive', at + 10 * minute)

  await sweepExpired({ ...parts, expiries: reads.expiries, now: () => at + 4 * minute })
  t.notOk(await once('jti', 'over', at), 'kept a while longer, since clocks differ')
  t.ok(await reads.answers.answer('over'))

  await sweepExpired({ ...parts, expiries: reads.expiries, now: () => at + 6 * minute })
  t.ok(await once('jti', 'over', at), 'gone')
  t.ok(await once('revoked', 'over', at), 'gone')
  t.equal(await reads.answers.answer('over'), undefined)
  t.notOk(await once('jti', 'alive', at), 'still there')
  t.notOk(await once('document', 'for-ever', null), 'still there')
  t.same(await reads.revocations.revoked(at, { after: '', limit: 10 }), ['alive'])
  t.ok(await reads.answers.answer('alive'))
})

t.test('goes in small commits and stops after many; the rest goes the next time', async t => {
  const { reads, parts } = await accessSetting(t)
  let left = 65_000
  const sizes: number[] = []
  const expiries = {
    ...reads.expiries,
    once: async (_before: number, limit: number) =>
      Array.from({ length: Math.min(limit, left) }, (_, index) => ({ scope: 'jti', key: String(left - index) }))
  }
  const note: typeof parts.record.log.note = async (_working, _guards, gone = []) => {
    sizes.push(gone.length)
    left -= gone.length
    return true
  }
  const some = { ...parts, expiries, record: { ...parts.record, log: { ...parts.record.log, note } } }
  await sweepExpired(some)
  t.equal(left, 5000)
  t.equal(Math.max(...sizes), 200)
  await sweepExpired(some)
  t.equal(left, 0)
})
