import fc from 'fast-check'
import t from 'tap'
import { nextOf } from '../../src/deliver/schedule.ts'

const hourMs = 3_600_000
const since = Date.UTC(2026, 8, 1)
const soon = { since, now: since + 1_000 }

t.test('any 2xx is told; nothing more is sent', t => {
  for (const status of [200, 201, 202, 204, 299]) t.same(nextOf({ status }, 1, soon, 0), { state: 'notified' })
  t.end()
})

t.test('no answer, 408, 425, 429 and 5xx come again; everything else is set aside', t => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 599])
    t.equal(nextOf({ status }, 1, soon, 0).state, 'waiting', String(status))
  t.equal(nextOf(undefined, 1, soon, 0).state, 'waiting')
  for (const status of [300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 418, 422, 451])
    t.same(nextOf({ status }, 1, soon, 0), { state: 'failed' }, String(status))
  t.end()
})

t.test('waits twice as long each time, a quarter of an hour at most, never all at the same moment', t => {
  const waits = (jitter: number) =>
    [1, 2, 3, 4, 10, 11, 1000].map(tries => {
      const next = nextOf(undefined, tries, soon, jitter)
      return next.state === 'waiting' ? next.dueAt - soon.now : Number.NaN
    })
  t.same(waits(0), [500, 1_000, 2_000, 4_000, 256_000, 450_000, 450_000])
  t.same(waits(0.999_999_999), [1_000, 2_000, 4_000, 8_000, 512_000, 900_000, 900_000])
  const jitterOf = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), jitterOf, (tries, jitter) => {
      const next = nextOf({ status: 503 }, tries, soon, jitter)
      if (next.state !== 'waiting') return false
      const wait = next.dueAt - soon.now
      return Number.isInteger(wait) && wait >= 500 && wait <= 15 * 60_000
    })
  )
  t.end()
})

t.test('gives up after three days, not before', t => {
  const after = (now: number) => nextOf(undefined, 300, { since, now }, 0).state
  t.equal(after(since + 72 * hourMs), 'waiting')
  t.equal(after(since + 72 * hourMs + 1), 'failed')
  t.same(nextOf({ status: 200 }, 300, { since, now: since + 100 * hourMs }, 0), { state: 'notified' })
  t.end()
})
