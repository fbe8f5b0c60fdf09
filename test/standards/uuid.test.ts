import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { isUuid, uuidV4, uuidV7Factory, uuidV7Millis } from '../../src/standards/uuid.ts'

t.test('lays out a UUIDv7 as RFC 9562 appendix A.6 does', async t => {
  // unix_ts_ms 017F22E279B0, rand_a CC3, rand_b 18C4DC0C0C07398F: the counter starts below 0x800, so that CC3 becomes 4C3.
  const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex')
  const make = uuidV7Factory(
    () => 0x017f22e279b0,
    () => random
  )
  t.equal(make(), '017f22e2-79b0-74c3-98c4-dc0c0c07398f')
  t.equal(uuidV7Millis('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'), Date.UTC(2022, 1, 22, 19, 22, 22))
})

t.test('each UUIDv7 is greater than the one before, whatever the clock does', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 200 }),
      fc.nat(2 ** 47),
      (steps, start) => {
        let at = 0
        const make = uuidV7Factory(() => start + steps[at++]!, randomBytes)
        const made = steps.map(make)
        return made.every((id, i) => isUuid(id) && id[14] === '7' && (i === 0 || id > made[i - 1]!))
      }
    ),
    { numRuns: 100 }
  )
})

t.test('stays in order when a millisecond holds more ids than the counter', async t => {
  const make = uuidV7Factory(
    () => 1_790_000_000_000,
    size => Buffer.alloc(size, 0xff)
  )
  const made = Array.from({ length: 10_000 }, make)
  t.same(made.toSorted(), made)
  t.equal(new Set(made).size, made.length)
  t.equal(uuidV7Millis(made[0]!), 1_790_000_000_000)
  t.ok(uuidV7Millis(made.at(-1)!) <= 1_790_000_000_003, 'and the time in them runs ahead by little')
})

t.test('tells the time of a UUIDv7 and of nothing else', async t => {
  fc.assert(
    fc.property(fc.nat(2 ** 48 - 1), millis => uuidV7Millis(uuidV7Factory(() => millis, randomBytes)()) === millis)
  )
  for (const text of ['', 'x', uuidV4(Buffer.alloc(16)), '017F22E2-79B0-7CC3-98C4-DC0C0C07398F']) {
    t.throws(() => uuidV7Millis(text), TypeError, text)
  }
})

t.test('makes UUIDv4 of what it is given', async t => {
  t.equal(uuidV4(Buffer.alloc(16)), '00000000-0000-4000-8000-000000000000')
  t.equal(uuidV4(Buffer.alloc(16, 0xff)), 'ffffffff-ffff-4fff-bfff-ffffffffffff')
  const random = Buffer.alloc(16, 1)
  uuidV4(random)
  t.same(random, Buffer.alloc(16, 1), 'the bytes given stay as they are')
  t.throws(() => uuidV4(Buffer.alloc(15)), TypeError)
})

t.test('knows the canonical form', async t => {
  t.ok(isUuid('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'))
  for (const text of [
    '017f22e279b07cc398c4dc0c0c07398f',
    '{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}',
    '017f22e2-79b0-0cc3-98c4-dc0c0c07398f',
    '017f22e2-79b0-7cc3-c8c4-dc0c0c07398f',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n'
  ]) {
    t.notOk(isUuid(text), text)
  }
})
