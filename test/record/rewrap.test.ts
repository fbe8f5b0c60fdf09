import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { openSqliteStore } from '../../src/adapters/database/sqlite/store.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { append } from '../../src/record/append.ts'
import { derive, KeyGone, Keyring } from '../../src/record/keyring.ts'
import { MasterKeyMissing, parentOf } from '../../src/record/master-ring.ts'
import { openKeyring, readSecrets } from '../../src/record/open-keyring.ts'
import type { Master } from '../../src/record/ports.ts'
import { closeMasters, rewrapAll } from '../../src/record/rewrap.ts'
import type { WriteSet } from '../../src/record/write-set.ts'
import { seal } from '../../src/standards/aead.ts'
import { freshMaster, MastersInHand } from './masters.ts'
import { auditRecord, recordSetting } from './setting.ts'

const pause = async () => undefined

/** A set that makes a case's key, as a journey builds it. */
function setOf(keyring: Keyring, id: string): WriteSet {
  return { guards: [], rows: {}, working: { keyWrap: [keyring.freshCaseKey(id).wrap] }, audit: [auditRecord()] }
}

async function setting(t: Test) {
  const parts = await recordSetting(t)
  const { store, keyring, masters } = parts
  /** another process on the same store */
  const other = async (...list: readonly Master[]) => {
    const masters = new MastersInHand(...list)
    const common = { masters, wraps: store.wraps, random: randomBytes }
    return new Keyring({ ...common, secrets: await readSecrets(common) })
  }
  const [old] = masters.list
  return {
    ...parts,
    other,
    old: old!,
    parents: ['master', parentOf(old!)],
    rewraps: { keyring, wraps: store.wraps, log: store.log }
  }
}

t.test('everything under the old master comes under the new one, and the old one opens nothing any more', async t => {
  const { parts, keyring, masters, other, old, parents, rewraps } = await setting(t)
  const ids = Array.from({ length: 150 }, (_, index) => `case-${index}`)
  await Promise.all(ids.map(id => append(parts, setOf(keyring, id))))
  const keys = await Promise.all(ids.map(id => keyring.key(id)))
  const mac = keyring.mac('a')
  const next = freshMaster('two')
  masters.list = [next, old]
  await closeMasters(parts.log, parents)
  t.equal(await rewrapAll(rewraps, parents, pause), ids.length + 2, 'the cases and the two secrets of the store')
  const later = await other(next)
  t.same(await Promise.all(ids.map(id => later.key(id))), keys)
  t.equal(later.mac('a'), mac)
  t.same(later.logKey, keyring.logKey)
  await t.rejects(other(old), MasterKeyMissing)
})

t.test(
  'a rotation that is cut off anywhere leaves everything readable, and is finished by beginning again',
  async t => {
    const { parts, keyring, masters, other, old, parents, rewraps } = await setting(t)
    const ids = Array.from({ length: 40 }, (_, index) => `case-${index}`)
    for (const id of ids) await append(parts, setOf(keyring, id))
    let current = old
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 41 }), async most => {
        const before = current
        current = freshMaster(`m${most}-${randomBytes(4).toString('hex')}`)
        masters.list = [current, before]
        const cut = new Error('the process ends')
        let notes = 0
        const log = {
          note: async (...given: Parameters<typeof parts.log.note>) => {
            if (notes++ >= most) throw cut
            return parts.log.note(...given)
          }
        }
        const from = ['master', parentOf(before)]
        await t.rejects(rewrapAll({ ...rewraps, log }, from, pause), cut)
        const between = await other(current, before)
        for (const id of ids) await between.key(id)
        await rewrapAll(rewraps, from, pause)
        const after = await other(current)
        for (const id of ids) await after.key(id)
      }),
      { numRuns: 20, examples: [[0], [41]] }
    )
    t.same(parents.length, 2)
  }
)

t.test('a key that is erased while it is being wrapped anew stays erased', async t => {
  const { parts, keyring, masters, other, old, parents, store } = await setting(t)
  for (const id of ['stays', 'goes']) await append(parts, setOf(keyring, id))
  const next = freshMaster('two')
  masters.list = [next, old]
  const erase: Omit<WriteSet, 'audit'> = {
    guards: [],
    rows: {},
    working: {},
    gone: [{ table: 'keyWrap', key: { id: 'goes' } }]
  }
  const wraps = {
    ...store.wraps,
    wrapsUnder: async (...asked: Parameters<typeof store.wraps.wrapsUnder>) => {
      const rows = await store.wraps.wrapsUnder(...asked)
      if (rows.length > 0) await append(parts, { ...erase, audit: [auditRecord()] })
      return rows
    }
  }
  await rewrapAll({ keyring, wraps, log: parts.log }, parents, pause)
  const later = await other(next)
  await t.rejects(later.key('goes'), KeyGone)
  await later.key('stays')
})

t.test('a case that a late gateway makes under a closed master is stored under the new one', async t => {
  const { store, other, old, parents, masters, rewraps, parts } = await setting(t)
  const next = freshMaster('two')
  const lateMasters = new MastersInHand(old)
  const common = { masters: lateMasters, wraps: store.wraps, random: randomBytes }
  const late = new Keyring({ ...common, secrets: await readSecrets(common) })
  const set = setOf(late, 'late')
  masters.list = [next, old]
  await closeMasters(parts.log, parents)
  await rewrapAll(rewraps, parents, pause)
  const refused = await append({ log: store.log, keyring: late }, set).catch((error: unknown) => error)
  t.ok(refused instanceof Refusal && refused.key === 'store-unavailable', 'as long as it finds no other master')
  await t.rejects((await other(next, old)).key('late'), KeyGone)
  lateMasters.inFile = [next, old]
  await append({ log: store.log, keyring: late }, set)
  t.same(await (await other(next)).key('late'), await late.key('late'))
})

t.test('a store of the version before keeps its index and its log, and its master can be changed', async t => {
  const store = await openSqliteStore(join(t.testdir(), 'gateway.db'))
  t.teardown(() => store.close())
  const master = randomBytes(32)
  const caseKey = randomBytes(32)
  // as that version wrapped keys and derived its secrets
  const wrapped = seal(master, Buffer.from('wrap|master|case'), caseKey, randomBytes(12))
  const audit = auditRecord()
  const before = { mac: new Keyring(earlier(master)).mac('bytes', 'x'), log: derive(master, 'log') }
  await append(
    { log: store.log, keyring: new Keyring(earlier(master)) },
    { guards: [], rows: {}, working: { keyWrap: [{ id: 'case', parent: 'master', wrapped }] }, audit: [audit] }
  )
  const named = { name: 'one', key: master }
  const masters = new MastersInHand(named)
  const common = { masters, wraps: store.wraps, log: store.log, random: randomBytes }
  const keyring = await openKeyring(common)
  const check = async (found: Keyring) => {
    t.equal(found.mac('bytes', 'x'), before.mac)
    t.same(Buffer.from(found.logKey), Buffer.from(before.log))
    t.same(Buffer.from(await found.key('case')), caseKey)
  }
  await check(keyring)
  const next = freshMaster('two')
  masters.list = [next, named]
  const parents = ['master', parentOf(named)]
  await closeMasters(store.log, parents)
  t.equal(await rewrapAll({ keyring, wraps: store.wraps, log: store.log }, parents, pause), 3)
  masters.list = [next]
  await check(await openKeyring(common))
})

/** What the version before worked with: secrets that follow from the master key. */
const earlier = (master: Uint8Array) => ({
  masters: new MastersInHand({ name: 'one', key: master }),
  secrets: { index: derive(master, 'index'), log: derive(master, 'log') },
  wraps: { keyWrap: async () => undefined },
  random: randomBytes
})

t.test('gateways that start at once on an empty store share its secrets, which follow from no master', async t => {
  const store = await openSqliteStore(join(t.testdir(), 'gateway.db'))
  t.teardown(() => store.close())
  const master = freshMaster('one')
  const common = { masters: new MastersInHand(master), wraps: store.wraps, log: store.log, random: randomBytes }
  const keyrings = await Promise.all([openKeyring(common), openKeyring(common), openKeyring(common)])
  t.equal(new Set(keyrings.map(keyring => keyring.mac('a'))).size, 1)
  t.not(Buffer.compare(keyrings[0]!.logKey, derive(master.key, 'log')), 0)
  await t.rejects(openKeyring({ ...common, masters: new MastersInHand(freshMaster('other')) }), MasterKeyMissing)
})
