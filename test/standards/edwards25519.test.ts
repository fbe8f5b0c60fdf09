import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { addPoints, decodePoint, encodePoint, isOfPrimeOrder } from '../../src/standards/edwards25519.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const base = decodePoint(hex(`58${'66'.repeat(31)}`))!
const order8 = decodePoint(hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'))!
const randomKey = (): Buffer =>
  Buffer.from(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x!, 'base64url')

t.test('adds as the base point does: multiples that RFC 8032 and others publish', async t => {
  const twice = addPoints(base, base)
  t.equal(encodePoint(base).toString('hex'), `58${'66'.repeat(31)}`)
  t.equal(encodePoint(twice).toString('hex'), 'c9a3f86aae465f0e56513864510f3997561fa2c9e85ea21dc2292309f3cd6022')
  t.equal(
    encodePoint(addPoints(twice, base)).toString('hex'),
    'd4b4f5784868c3020403246717ec169ff79e26608ea126a1ab69ee77d1b16712'
  )
})

t.test('takes a point from one text alone, and gives it back', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes => {
      const point = decodePoint(bytes)
      return point === undefined || encodePoint(point).equals(bytes)
    }),
    { numRuns: 300 }
  )
})

t.test('knows the multiples of the base point, and none with a part of small order', async t => {
  t.ok(isOfPrimeOrder(base))
  for (let round = 0; round < 20; round++) {
    const key = decodePoint(randomKey())!
    t.ok(isOfPrimeOrder(key))
    let small = order8
    for (let times = 1; times < 8; times++) {
      t.notOk(isOfPrimeOrder(addPoints(key, small)), `with ${times} times the point of order 8`)
      small = addPoints(small, order8)
    }
    t.ok(isOfPrimeOrder(addPoints(key, small)), 'eight times that point is nothing')
  }
})
