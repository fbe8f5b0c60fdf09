import fc from 'fast-check'
import t from 'tap'
import type { Identified } from '../../src/document/stages.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { receive } from '../../src/receive/receive.ts'

const identified = { request: 'request-1', at: 0, caller: {} } as unknown as Identified
const limits = { maxDocumentBytes: 1000, maxDepth: 4 }
const take = (text: string) => receive(identified, new TextEncoder().encode(text), limits)

function refusalOf(act: () => unknown): Refusal {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

t.test('keeps the very bytes beside what they mean', async t => {
  const bytes = new TextEncoder().encode('{"name" : "山田　太郎"}')
  const received = receive(identified, bytes, limits)
  t.equal(received.bytes, bytes)
  t.strictSame(received.value, { name: '山田　太郎' })
  t.equal(received.request, identified.request)
  t.equal(received.ambiguousNumber, undefined)
})

t.test('lets a number through that RFC 8785 writes otherwise, and says where it stands', async t => {
  t.equal(take('{"a":[1, 1.50]}').ambiguousNumber?.path, '/a/1')
})

t.test('refuses more bytes than the limit before reading them', async t => {
  const refusal = refusalOf(() => receive(identified, new Uint8Array(1001), limits))
  t.equal(refusal.key, 'too-large')
})

t.test('refuses what is not JSON, with line and column', async t => {
  const refusal = refusalOf(() => take('{"a": 1,\n "b": }'))
  t.equal(refusal.key, 'invalid-json')
  t.equal(refusal.at[0], 'line 2, column 7')
})

t.test('refuses a member that occurs twice, with its place', async t => {
  const refusal = refusalOf(() => take('{"a":{"b":1,"\\u0062":2}}'))
  t.equal(refusal.key, 'duplicate-key')
  t.match(refusal.at, ['line 1, column 13', '/a/b'])
})

t.test('refuses deeper nesting than the limit', async t => {
  t.equal(refusalOf(() => take('[[[[[1]]]]]')).key, 'too-deep')
  t.doesNotThrow(() => take('[[[[1]]]]'))
})

t.test('refuses a byte order mark and bytes that are not UTF-8', async t => {
  for (const bytes of [
    [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
    [0x22, 0xff, 0x22]
  ]) {
    t.equal(refusalOf(() => receive(identified, Uint8Array.from(bytes), limits)).key, 'invalid-json')
  }
})

t.test('whatever bytes come, the answer is a document or a refusal that repeats none of them', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      try {
        receive(identified, bytes, limits)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    })
  )
  t.notMatch(refusalOf(() => take('{"a":"山田" x}')).at.join(), /山田/)
})
