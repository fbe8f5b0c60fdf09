import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { derive, type FreshKey, KeyGone, Keyring } from '../../src/record/keyring.ts'
import { MasterKeyMissing } from '../../src/record/master-ring.ts'
import type { Master } from '../../src/record/ports.ts'
import { seal } from '../../src/standards/aead.ts'
import { freshMaster, freshSecrets, MastersInHand } from './masters.ts'

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

const master = freshMaster('one')
const secrets = freshSecrets()
const keyringOn = (wraps: ReturnType<typeof wrapStore>, more: { masters?: MastersInHand; keep?: number } = {}) =>
  new Keyring({ masters: new MastersInHand(master), secrets, wraps, random: randomBytes, ...more })
const plain = { masters: new MastersInHand(master), secrets, wraps: wrapStore(), random: randomBytes }

t.test('a later start finds each key again from what is stored and the master key', async t => {
  const wraps = wrapStore()
  const first = keyringOn(wraps)
  const ofCase = first.freshCaseKey('case')
  const ofDocument = first.freshKey('document', 'case', ofCase.key)
  for (const fresh of [ofCase, ofDocument]) wraps.keep(fresh)
  t.match(ofCase.wrap, { id: 'case', parent: 'master/one' })
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
  t.notOk(Buffer.from(wrap.wrapped).includes(Buffer.from(master.key)))
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
  const imposter = { name: master.name, key: randomBytes(32) }
  await t.rejects(keyringOn(wraps, { masters: new MastersInHand(imposter) }).key('one'), 'another key of its name')
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
  t.not(keyring.mac('a'), new Keyring({ ...plain, secrets: freshSecrets() }).mac('a'))
  t.equal(keyring.mac('a'), new Keyring({ ...plain, masters: new MastersInHand(freshMaster('two')) }).mac('a'))
  t.end()
})

t.test('keys of one secret for two purposes have nothing in common', t => {
  t.notSame(derive(master.key, 'log'), derive(master.key, 'index'))
  const short = { name: 'short', key: randomBytes(16) }
  t.throws(() => keyringOn(wrapStore(), { masters: new MastersInHand(short) }), TypeError)
  t.end()
})

t.test('keys open under the master that wrapped them, fresh ones are wrapped by the first', async t => {
  const wraps = wrapStore()
  const masters = new MastersInHand(master)
  const maker = keyringOn(wraps, { masters })
  wraps.keep(maker.freshCaseKey('before'))
  const next = freshMaster('two')
  masters.list = [next, master]
  wraps.keep(maker.freshCaseKey('after'))
  t.equal(wraps.rows.get('after')!.parent, 'master/two')
  const both = keyringOn(wraps, { masters: new MastersInHand(next, master) })
  for (const id of ['before', 'after']) t.same(await both.key(id), await maker.key(id))
  await t.rejects(keyringOn(wraps, { masters: new MastersInHand(next) }).key('before'), MasterKeyMissing)
})

t.test('a master that was added since is looked for before a key is called closed', async t => {
  const wraps = wrapStore()
  const next = freshMaster('two')
  wraps.keep(keyringOn(wraps, { masters: new MastersInHand(next) }).freshCaseKey('case'))
  const masters = new MastersInHand(master)
  masters.inFile = [next, master]
  t.ok(await keyringOn(wraps, { masters }).key('case'))
  const missing = new MasterKeyMissing()
  t.equal(missing.entry.status, 503, 'and where it is nowhere, that is no sign of erasure')
})

t.test('a key that is wrapped anew between the reading of its row and its opening is opened all the same', async t => {
  const wraps = wrapStore()
  const next = freshMaster('two')
  const made = keyringOn(wraps).freshCaseKey('case')
  const anew = keyringOn(wraps, { masters: new MastersInHand(next, master) }).rewrapped(made.wrap)
  const rows = [made.wrap, anew]
  const late = new Keyring({ ...plain, masters: new MastersInHand(next), wraps: { keyWrap: async () => rows.shift() } })
  t.same(Buffer.from(await late.key('case')), made.key)
})

t.test('wraps from before masters had names open under the one that was there', async t => {
  const key = randomBytes(32)
  const wraps = wrapStore()
  const wrapped = seal(master.key, Buffer.from('wrap|master|case'), key, randomBytes(12))
  wraps.rows.set('case', { id: 'case', parent: 'master', wrapped })
  const list = (...masters: Master[]) => keyringOn(wraps, { masters: new MastersInHand(...masters) })
  t.same(Buffer.from(await list(master).key('case')), key)
  t.same(Buffer.from(await list(freshMaster('two'), master).key('case')), key)
  await t.rejects(list(freshMaster('two')).key('case'), MasterKeyMissing)
})
