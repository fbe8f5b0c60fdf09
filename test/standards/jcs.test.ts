import { readFileSync } from 'node:fs'
import reference from 'canonicalize'
import fc from 'fast-check'
import t from 'tap'
import { canonicalBytes, canonicalize } from '../../src/standards/jcs.ts'

const vectors = new URL('../../fixtures/vectors/jcs/', import.meta.url)
const read = (path: string): Buffer => readFileSync(new URL(path, vectors))

t.test('writes the test data of RFC 8785 as published', async t => {
  for (const name of ['arrays', 'french', 'structures', 'unicode', 'values', 'weird']) {
    const bytes = canonicalBytes(JSON.parse(read(`input/${name}.json`).toString()))
    t.equal(bytes.toString(), read(`output/${name}.json`).toString(), name)
    t.equal(bytes.toString('hex'), read(`outhex/${name}.txt`).toString().replace(/\s/g, ''), `${name}, bytes`)
  }
})

t.test('prints numbers as appendix B of RFC 8785 does', async t => {
  const samples: ReadonlyArray<readonly [bits: string, text: string]> = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2']
  ]
  for (const [bits, text] of samples) t.equal(canonicalize(Buffer.from(bits, 'hex').readDoubleBE()), text)
})

t.test('agrees with another implementation, whatever the value and the order of its members', async () => {
  const value = fc.jsonValue({ stringUnit: 'binary' })
  const wellFormed = value.filter(v => !/\\ud[89a-f]/.test(JSON.stringify(v)))
  fc.assert(
    fc.property(wellFormed, v => canonicalize(v) === reference(v)),
    { numRuns: 500 }
  )
  fc.assert(
    fc.property(wellFormed, v => canonicalize(JSON.parse(canonicalize(v))) === canonicalize(v)),
    { numRuns: 300 }
  )
  const members = fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 3 }), fc.nat()), {
    selector: ([name]) => name,
    maxLength: 50
  })
  fc.assert(
    fc.property(members, fc.nat(), (list, turn) => {
      const cut = turn % (list.length + 1)
      const turned = [...list.slice(cut), ...list.slice(0, cut)]
      return canonicalize(Object.fromEntries(list)) === canonicalize(Object.fromEntries(turned))
    }),
    { numRuns: 200 }
  )
})

t.test('orders members by code unit, also where JavaScript would not', async t => {
  t.equal(canonicalize({ 10: 1, 9: 2, '!': 3, a: 4 }), '{"!":3,"10":1,"9":2,"a":4}')
  t.equal(canonicalize({ '\ufb33': 1, '😀': 2, '€': 3 }), '{"€":3,"😀":2,"\ufb33":1}')
  t.equal(canonicalize(JSON.parse('{"b":1,"__proto__":{"z":1,"a":2}}')), '{"__proto__":{"a":2,"z":1},"b":1}')
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`m${i}`, i]))
  t.equal(canonicalize(many), reference(many))
})

t.test('escapes as little as possible', async t => {
  t.equal(canonicalize('\u0000\b\t\n\f\r"\\/\u007f\u2028é労𠮷'), '"\\u0000\\b\\t\\n\\f\\r\\"\\\\/\u007f\u2028é労𠮷"')
})

t.test('leaves out members without a value', async t => {
  t.equal(canonicalize({ a: undefined, b: 1, c: undefined }), '{"b":1}')
  t.equal(canonicalize({ a: undefined }), '{}')
})

t.test('has no form for what is not JSON', async t => {
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    [undefined],
    1n,
    Symbol('s'),
    () => 1,
    new Date(0),
    new Map()
  ]) {
    t.throws(() => canonicalize(value), TypeError)
    t.throws(() => canonicalize({ nested: [value] }), TypeError)
  }
  for (const text of ['\ud842', 'a\udfb7', '\udfb7\ud842']) {
    t.throws(() => canonicalize(text), TypeError)
    t.throws(() => canonicalize({ [text]: 1 }), TypeError)
  }
})

t.test('writes names alike, however many were seen before and however long they are', async t => {
  const object = { short: 1, ['n'.repeat(100)]: 2, 'q"': 3 }
  const before = canonicalize(object)
  canonicalize(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`junk ${i}`, i])))
  t.equal(canonicalize(object), before)
  t.equal(before, reference(object))
})
