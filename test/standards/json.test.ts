import fc from 'fast-check'
import t from 'tap'
import { JsonError, readJson } from '../../src/standards/json.ts'

const read = (text: string, maxDepth = 64) => readJson(Buffer.from(text), { maxDepth })

function refusal(text: string | Uint8Array, maxDepth = 64): JsonError {
  try {
    readJson(typeof text === 'string' ? Buffer.from(text) : text, { maxDepth })
  } catch (error) {
    if (error instanceof JsonError) return error
    throw error
  }
  throw new Error(`accepted: ${text}`)
}

/** JSON written in as many ways as the grammar allows, numbers included. */
const space = fc.constantFrom('', '', ' ', '\n', '\r\n', '\t ')
const number = fc.constantFrom('0', '-1', '1.50', '1e3', '-0', '0.1', '1E-2', '12345678901234567890', '4.35', '1.0e+2')
const character = fc.constantFrom('a', '/', '\\/', '\\n', '\\u00e9', '労', '𠮷', '\\ud842\\udfb7', '\\"', '\\\\')
const string = fc.array(character, { maxLength: 6 }).map(parts => `"${parts.join('')}"`)
const nestedText = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('true', 'false', 'null'),
    number,
    string,
    fc
      .array(fc.tuple(space, tie('value'), space), { maxLength: 4 })
      .map(items => `[${items.map(i => i.join('')).join(',')}]`),
    fc
      .uniqueArray(fc.tuple(string, space, tie('value')), {
        maxLength: 20,
        selector: ([name]) => JSON.parse(name) as string
      })
      .map(members => `{${members.map(([name, gap, value]) => `${gap}${name}${gap}:${gap}${value}${gap}`).join(',')}}`)
  )
})).value
const jsonText = fc.tuple(space, nestedText, space).map(parts => parts.join(''))

t.test('reads what JSON.parse reads', async t => {
  fc.assert(
    fc.property(fc.json(), text => {
      fc.pre(!text.includes('__proto__'))
      t.same(read(text).value, JSON.parse(text))
    }),
    { numRuns: 300 }
  )
  fc.assert(
    fc.property(jsonText, text => {
      t.same(read(text).value, JSON.parse(text))
    }),
    { numRuns: 300 }
  )
  t.same(read(' 7 ').value, 7)
  t.same(readJson(Buffer.from('x[1]x').subarray(1, 4), { maxDepth: 1 }).value, [1], 'a view of a larger buffer')
})

t.test('refuses what JSON.parse refuses, at a place within the text', async t => {
  const spoilt = fc.tuple(
    jsonText,
    fc.nat(),
    fc.constantFrom('', '"', '{', ']', ',', ':', '\\', '0', '-', '.', 'e', '\u0001', 'x')
  )
  let refused = 0
  fc.assert(
    fc.property(spoilt, ([text, place, by]) => {
      const at = place % (text.length + 1)
      const broken = text.slice(0, at) + by + text.slice(at + 1)
      let valid = true
      try {
        JSON.parse(broken)
      } catch {
        valid = false
      }
      if (valid) return
      refused++
      const error = refusal(broken)
      const length = Buffer.byteLength(broken)
      return error.kind !== 'too-deep' && error.offset >= 0 && error.offset <= length && error.line >= 1
    }),
    { numRuns: 2000 }
  )
  t.ok(refused > 500, `${refused} broken texts were tried`)
})

t.test('refuses malformed text', async t => {
  const malformed = [
    '',
    ' ',
    '{',
    '[',
    '"',
    '"\\',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '[1,]',
    '[1 2]',
    '{"a" 1}',
    '{a:1}'
  ]
  malformed.push(
    '01',
    '-',
    '-01',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '0x1',
    'NaN',
    'Infinity',
    '1e400',
    '-1e400',
    'tru',
    'nul',
    'truex'
  )
  malformed.push(
    '1 1',
    '{} {}',
    '[]]',
    "'a'",
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u123"',
    '// c\n1',
    '\u00a01',
    '[1]\u0000'
  )
  for (const text of malformed) t.equal(refusal(text).kind, 'invalid-json', JSON.stringify(text))
})

t.test('refuses every repeated member name', async t => {
  const nameList = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 8 }), { minLength: 1, maxLength: 40 })
  const escapeAll = (name: string) =>
    `"${[...Array(name.length).keys()].map(i => `\\u${name.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
  fc.assert(
    fc.property(nameList, fc.nat(), fc.nat(), fc.boolean(), fc.boolean(), (names, from, to, escaped, nested) => {
      fc.pre(!names.includes('__proto__'))
      const texts = names.map(name => JSON.stringify(name))
      const repeated = names[from % names.length]!
      texts.splice(to % (names.length + 1), 0, escaped ? escapeAll(repeated) : JSON.stringify(repeated))
      const object = `{${texts.map(name => `${name}:{"x":1}`).join(',')}}`
      return refusal(nested ? `[0,{"a":${object}}]` : object).kind === 'duplicate-key'
    }),
    { numRuns: 300 }
  )
  t.equal(refusal('{"a":1,"b":{"a":1},"a":2}').kind, 'duplicate-key')
  t.equal(refusal('{"a":1,"\\u0061":2}').kind, 'duplicate-key')
  t.same(
    read('{"a":{"a":1},"b":{"a":2}}').value,
    { a: { a: 1 }, b: { a: 2 } },
    'the same name elsewhere is another member'
  )
})

t.test('an object of many members takes time in proportion', async t => {
  const members = Array.from({ length: 100_000 }, (_, i) => `"${i}":0`)
  t.equal(Object.keys(read(`{${members.join(',')}}`).value as object).length, 100_000)
  t.equal(refusal(`{${members.join(',')},"5":1}`).kind, 'duplicate-key')
})

t.test('refuses more depth than allowed, and no less', async t => {
  t.same(read('[[1]]', 2).value, [[1]])
  t.equal(refusal('[[[1]]]', 2).kind, 'too-deep')
  t.equal(refusal('[[{"a":1}]]', 2).kind, 'too-deep')
  t.equal(refusal('['.repeat(1_000_000)).kind, 'too-deep')
  t.same(read('[[],[],{}]', 2).value, [[], [], {}], 'neighbours do not add up')
})

t.test('refuses bytes that are not UTF-8', async t => {
  const bad: Readonly<Record<string, readonly number[]>> = {
    'a lone continuation byte': [0x80],
    'an overlong slash': [0xc0, 0xaf],
    'a surrogate': [0xed, 0xa0, 0x80],
    'beyond U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
    'a cut character': [0xe5, 0x8a]
  }
  for (const [what, bytes] of Object.entries(bad)) {
    const error = refusal(Uint8Array.from([0x22, ...bytes, 0x22]))
    t.match(error, { kind: 'invalid-json', offset: 1 }, what)
  }
  t.match(refusal('\ufeff{}'), { kind: 'invalid-json', offset: 0 }, 'a byte order mark')
  t.equal(refusal(Buffer.from('{}', 'utf16le')).kind, 'invalid-json', 'UTF-16')
})

t.test('refuses lone surrogates behind escapes', async t => {
  for (const text of [
    '"\\ud842"',
    '"\\udfb7"',
    '"\\ud842x"',
    '"\\ud842\\n"',
    '"\\ud842\\ud842\\udfb7"',
    '"\\udfb7\\ud842"',
    '"\\uD842\\u0041"'
  ]) {
    t.equal(refusal(text).kind, 'invalid-json', text)
    t.equal(refusal(`{${text}:1}`).kind, 'invalid-json', text)
  }
  t.equal(read('"\\uD842\\uDFB7"').value, '𠮷')
})

t.test('refuses members that would set a prototype', async t => {
  for (const text of ['{"__proto__":{"a":1}}', '{"\\u005f_proto__":1}', '{"b":[{"x":1,"__proto__":null}]}']) {
    t.equal(refusal(text).kind, 'invalid-json', text)
  }
  const many = Array.from({ length: 30 }, (_, i) => `"m${i}":0`).join(',')
  t.equal(refusal(`{${many},"__proto__":1}`).kind, 'invalid-json', 'also among many')
  t.same(read('{"constructor":1,"__proto_":2}').value, JSON.parse('{"constructor":1,"__proto_":2}'))
})

t.test('notes numbers that RFC 8785 writes otherwise, and their text', async t => {
  const { ambiguousNumber, numbers, value } = read(
    '{"a":[1,2.5,\n  1.50],"b/c~":1e3,"労":-0,"d":9007199254740993,"e":0.1}'
  )
  t.match(ambiguousNumber, { offset: 15, line: 2, column: 3, path: '/a/2' })
  t.same(
    [...numbers],
    [
      ['/a/2', '1.50'],
      ['/b~1c~0', '1e3'],
      ['/労', '-0'],
      ['/d', '9007199254740993']
    ]
  )
  t.match(value, { a: [1, 2.5, 1.5] })
  for (const text of [
    '1.0',
    '1E3',
    '1e21',
    '-0',
    '-0.0',
    '0.10',
    '123456789012345678',
    '1e-7 ',
    '0.30000000000000001',
    '1e+21',
    '1e-7'
  ]) {
    const noted = read(text).numbers.get('')
    const canonical = JSON.stringify(JSON.parse(text))
    t.equal(noted, canonical === text.trim() ? undefined : text.trim(), text)
  }
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number => {
      const text = JSON.stringify(number)
      t.same(read(`[${text}]`), { value: [number === 0 ? 0 : number], ambiguousNumber: undefined, numbers: new Map() })
    })
  )
  fc.assert(
    fc.property(jsonText, text => {
      const { numbers, ambiguousNumber, value } = read(text)
      t.equal(numbers.size > 0, ambiguousNumber !== undefined)
      for (const [pointer, lexical] of numbers) t.equal(at(value, pointer), Number(lexical))
    }),
    { numRuns: 200 }
  )
})

t.test('holds no more numbers than a form has', async t => {
  const { numbers, ambiguousNumber } = read(`[${'1.0,'.repeat(5000)}0]`)
  t.equal(numbers.size, 1000)
  t.equal(ambiguousNumber?.path, '/0')
  const long = read(`{"${'n'.repeat(2000)}":{"x":1.0},"y":2.0}`)
  t.same([...long.numbers], [['/y', '2.0']])
})

t.test('says where, and repeats no content', async t => {
  t.match(refusal('{"entry":[{},\n {"労":1,"name":\u00a0"山田"}]}'), {
    offset: 31,
    line: 2,
    column: 16,
    path: '/entry/1/name'
  })
  t.match(refusal('{"entry":[{"山田太郎":{"a":tru}}]}'), {
    path: '/entry/0/*/a',
    message: 'invalid-json at line 1, column 27'
  })
  t.match(refusal('{"a":1,"a":2}'), { offset: 7, column: 8, path: '/a' })
  t.match(refusal('{"a":{"b":[[1]]}}', 3), { kind: 'too-deep', offset: 11, path: '/a/b/0' })
})

function at(value: unknown, pointer: string): unknown {
  let found = value
  for (const step of pointer.split('/').slice(1)) {
    found = (found as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return found
}
