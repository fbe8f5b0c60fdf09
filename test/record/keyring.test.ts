import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { derive, type FreshKey, KeyGone, Keyring } from '../../src/record/keyring.ts'

type Wrap = FreshKey['wrap']

/** Wrapped keys as a store would keep them, and how often they were asked for. */
function wrapStore() {
  const rows = new Map<string, Wrap>()
  const asked: string[] = []
  return {
    rows,
    asked,
    keep: ({ wrap }: FreshKey) => rows.set(wrap.id, wrap),
    keyWrap: async (id: string) => {
      asked.push(id)
      return rows.get(id)
    }
  }
}

const master = randomBytes(32)
const keyringOn = (wraps: ReturnType<typeof wrapStore>, more: { master?: Uint8Array; keep?: number } = {}) =>
  new Keyring({ master, wraps, random: randomBytes, ...more })

t.test('a later start finds each key again from what is stored and the master key', async t => {
  const wraps = wrapStore()
  const first = keyringOn(wraps)
  const ofCase = first.freshCaseKey('case')
  const ofDocument = first.freshKey('document', 'case', ofCase.key)
  for (const fresh of [ofCase, ofDocument]) wraps.keep(fresh)
  t.match(ofCase.wrap, { id: 'case', parent: 'master' })
  t.match(ofDocument.wrap, { id: 'document', parent: 'case' })
  t.notSame(ofCase.key, ofDocument.key)

  const later = keyringOn(wraps)
  t.same(Buffer.from(await later.key('document')), ofDocument.key)
  t.same(Buffer.from(await later.key('case')), ofCase.key)
})

t.test('no key is stored in clear', async t => {
  const wraps = wrapStore()
  const keyring = keyringOn(wraps)
  const { key, wrap } = keyring.freshCaseKey('case')
  t.notOk(Buffer.from(wrap.wrapped).includes(Buffer.from(key)))
  t.notOk(Buffer.from(wrap.wrapped).includes(master))
})

t.test('a key that was erased is gone, whatever it sealed stays sealed', async t => {
  const wraps = wrapStore()
  const keyring = keyringOn(wraps)
  const ofCase = keyring.freshCaseKey('case')
  const ofDocument = keyring.freshKey('document', 'case', ofCase.key)
  wraps.keep(ofCase)
  wraps.keep(ofDocument)
  await keyring.key('document')
  wraps.rows.delete('document')
  await t.rejects(keyring.key('document'), KeyGone, 'kept nowhere in memory')
  await t.rejects(keyring.key('never made'), KeyGone)
})

t.test('a wrap opens under its own name and parent and master only', async t => {
  const wraps = wrapStore()
  const keyring = keyringOn(wraps)
  const one = keyring.freshCaseKey('one')
  const two = keyring.freshCaseKey('two')
  wraps.keep(one)
  wraps.rows.set('two', { ...one.wrap, id: 'two' })
  wraps.keep(keyring.freshKey('document', 'one', one.key))
  const document = wraps.rows.get('document')!
  const other = keyringOn(wraps)
  await t.rejects(other.key('two'), 'the wrap of another case in its place')
  wraps.keep(two)
  wraps.rows.set('document', { ...document, parent: 'two' })
  await t.rejects(other.key('document'), 'moved below another case')
  await t.rejects(keyringOn(wraps, { master: randomBytes(32) }).key('one'), 'another master key')
})

t.test('keys of cases are kept, so that each request does not ask for them, and no more than so many', async t => {
  const wraps = wrapStore()
  const maker = keyringOn(wraps)
  for (const id of ['a', 'b', 'c']) wraps.keep(maker.freshCaseKey(id))
  const keyring = keyringOn(wraps, { keep: 2 })
  for (const id of ['a', 'b', 'a', 'b', 'c', 'b']) await keyring.key(id)
  t.same(wraps.asked, ['a', 'b', 'c'])
  await keyring.key('a')
  t.same(wraps.asked, ['a', 'b', 'c', 'a'], 'the oldest made room')
})

t.test('sealed bytes open under the same key and context, and no other', t => {
  const keyring = keyringOn(wrapStore())
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), fc.string(), (plain, context, other) => {
      const key = randomBytes(32)
      const sealed = keyring.seal(key, context, plain)
      if (Buffer.compare(keyring.open(key, context, sealed), plain) !== 0) return false
      if (Buffer.compare(keyring.seal(key, context, plain), sealed) === 0) return false
      if (other === context) return true
      try {
        keyring.open(key, other, sealed)
        return false
      } catch {
        return true
      }
    })
  )
  t.end()
})

t.test('index values tell equal from unequal, and parts are not run together', t => {
  const keyring = keyringOn(wrapStore())
  t.equal(keyring.mac('a', 'b'), keyring.mac('a', 'b'))
  t.match(keyring.mac('a'), /^[\w-]{43}$/)
  const macs = [['ab'], ['a', 'b'], ['a', 'b', ''], ['', 'ab'], ['a","b']].map(parts => keyring.mac(...parts))
  t.equal(new Set(macs).size, macs.length)
  t.not(keyring.mac('a'), keyringOn(wrapStore(), { master: randomBytes(32) }).mac('a'))
  t.end()
})

t.test('keys of one secret for two purposes have nothing in common', t => {
  t.notSame(derive(master, 'log'), derive(master, 'index'))
  t.same(keyringOn(wrapStore()).logKey, derive(master, 'log'))
  t.throws(() => keyringOn(wrapStore(), { master: randomBytes(16) }), TypeError)
  t.end()
})
