import fc from 'fast-check'
import t from 'tap'
import { decodeBase64, encodeBase64 } from '../../src/standards/base64.ts'
import { decodeBase64url, EncodingError, encodeBase64url } from '../../src/standards/base64url.ts'

const bytes = fc.uint8Array({ maxLength: 80 })
const pairs = [
  { name: 'base64url', encode: encodeBase64url, decode: decodeBase64url },
  { name: 'base64', encode: encodeBase64, decode: decodeBase64 }
]

for (const { name, encode, decode } of pairs) {
  t.test(`${name} gives back what it was given`, async () => {
    fc.assert(fc.property(bytes, value => Buffer.compare(decode(encode(value)), value) === 0))
    fc.assert(fc.property(bytes, value => encode(Buffer.concat([Buffer.of(0), value]).subarray(1)) === encode(value)))
  })

  t.test(`${name} takes one text for each value`, async () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (value, place, character) => {
        const text = encode(value)
        const at = place % (text.length + 1)
        for (const other of [
          text.slice(0, at) + character + text.slice(at + 1),
          text.slice(0, at) + character + text.slice(at)
        ]) {
          const decoded = attempt(() => decode(other))
          if (decoded !== undefined && encode(decoded) !== other) return false
          if (decoded !== undefined && other !== text && Buffer.compare(decoded, value) === 0) return false
        }
        return true
      }),
      { numRuns: 500 }
    )
  })
}

t.test('known values (RFC 4648 section 10)', async t => {
  t.equal(encodeBase64(Buffer.from('foobar')), 'Zm9vYmFy')
  t.equal(encodeBase64(Buffer.from('foob')), 'Zm9vYg==')
  t.equal(encodeBase64url(Buffer.from('foob')), 'Zm9vYg')
  t.equal(encodeBase64url(Buffer.of(0xfb, 0xff)), '-_8')
  t.equal(encodeBase64(Buffer.of(0xfb, 0xff)), '+/8=')
})

t.test('refuses what Node would let pass', async t => {
  for (const text of ['Zm9vYg==', 'Zm9vYh', 'Zm9v Yg', 'Zm9vYg\n', 'Z', '+/8', 'Zm9v.', 'é']) {
    t.throws(() => decodeBase64url(text), EncodingError, JSON.stringify(text))
  }
  for (const text of ['Zm9vYg', 'Zm9vYh==', 'Zm9vYg=', 'Zm9v\nYg==', '-_8=', 'Zm9vYg===', '=']) {
    t.throws(() => decodeBase64(text), EncodingError, JSON.stringify(text))
  }
})

function attempt(decode: () => Buffer): Buffer | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof EncodingError) return undefined
    throw error
  }
}
