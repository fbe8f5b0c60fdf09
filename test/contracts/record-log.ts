import fc from 'fast-check'
import type { Test } from 'tap'
import { Refusal } from '../../src/outcome/refusal.ts'
import type { CommitResult, PreparedSet, RecordLog } from '../../src/record/ports.ts'
import {
  consistencyProof,
  inclusionPlan,
  inclusionProof,
  leafHash,
  type NodeAt,
  nodeHash,
  peaks,
  rootOf,
  verifyConsistency,
  verifyInclusion
} from '../../src/standards/merkle.ts'
import { caseAt, draft, draftAt, invitation, onceFor, preparedRecord, preparedSet } from './sets.ts'

/** One gateway's hold on the database. */
export interface OpenStore {
  readonly log: RecordLog
  /** what the reading side says of the log */
  readonly audit: {
    head(): Promise<{ readonly size: number; readonly frontier: readonly Uint8Array[] }>
    nodes(
      places: readonly { readonly level: number; readonly index: number }[]
    ): Promise<ReadonlyMap<string, Uint8Array>>
  }
  /** lets every write of this store fail for want of room, as on a full disk; the answer ends it */
  fill(): () => void
  close(): Promise<void>
}

/** An empty database of the kind under test, seen from outside. */
export interface TestDatabase {
  /** opens it as one more process would */
  open(): Promise<OpenStore>
  /** lets other processes append sets of one record each; resolves when all have ended well */
  appendElsewhere(processes: number, sets: number): Promise<void>
  /** the rows of a table as they are durable, by a connection of its own */
  rows(table: string): Promise<readonly Record<string, unknown>[]>
  /** transactions that were made durable so far */
  commits(): Promise<number>
}

/**
 * What every database under the record station must keep to. Run on each twin with nothing changed but `make`.
 * @param make a fresh database, gone when the test ends
 */
export function recordLogContract(t: Test, make: (t: Test) => Promise<TestDatabase>): void {
  const opened = async (t: Test): Promise<{ database: TestDatabase; store: OpenStore }> => {
    const database = await make(t)
    const store = await database.open()
    t.teardown(() => store.close())
    return { database, store }
  }

  t.test('what a commit has answered is there for everybody, also after closing and opening', async t => {
    const database = await make(t)
    const first = await database.open()
    const set = preparedSet({
      rows: [invitation('a')],
      working: [draft('case', 1)],
      records: [preparedRecord('r0', ['hospital', 'worker']), preparedRecord('r1')]
    })
    t.match(await first.log.commit(set), { ok: true, leaves: [0, 1] }, 'numbered from 0')
    t.match(await database.rows('invitation'), [{ codeMac: 'a' }])
    t.match(await database.rows('draft'), [{ revision: 1 }])
    t.match(await database.rows('audit'), [
      { leaf: 0, tree: 2, id: 'r0', sealed: Buffer.from('r0') },
      { leaf: 1, tree: 2, id: 'r1' }
    ])
    t.same((await database.rows('auditParty')).map(({ organization, leaf }) => `${organization} ${leaf}`).sort(), [
      'hospital 0',
      'hospital 1',
      'worker 0'
    ])
    await first.close()

    const second = await database.open()
    t.teardown(() => second.close())
    t.equal((await second.audit.head()).size, 2)
    t.match(await second.log.commit(preparedSet()), { ok: true, leaves: [2], head: { size: 3 } })
    await verifyLog(t, database, second)
  })

  t.test('working rows are replaced and removed by their key', async t => {
    const { database, store } = await opened(t)
    await store.log.commit(preparedSet({ working: [draft('one', 1), draft('two', 1)] }))
    await store.log.commit(
      preparedSet({
        working: [draft('one', 2)],
        gone: [{ table: 'draft', key: { case: 'two', kind: 'work-information' } }]
      })
    )
    t.match(await database.rows('draft'), [{ case: 'one', revision: 2 }])
  })

  t.test('a set decided on an older version of its case is refused, and only it', async t => {
    const { database, store } = await opened(t)
    const results = await Promise.all([
      store.log.commit(preparedSet({ guards: [caseAt('one', 0, true)] })),
      store.log.commit(preparedSet({ guards: [caseAt('one', 0, true)], rows: [invitation('late')] })),
      store.log.commit(preparedSet({ guards: [caseAt('one', 0)], working: [draft('late', 1)] })),
      store.log.commit(preparedSet({ guards: [caseAt('one', 1)], rows: [invitation('in time')] })),
      store.log.commit(preparedSet({ guards: [caseAt('other', 0)] })),
      store.log.commit(preparedSet({ guards: [caseAt('other', 0, true)] }))
    ])
    t.same(
      results.map(result => result.ok),
      [true, false, false, true, true, true]
    )
    t.match(results[1], { guard: { kind: 'case-version', case: 'one', version: 0, raise: true } })
    t.match(await database.rows('invitation'), [{ codeMac: 'in time' }])
    t.equal((await database.rows('draft')).length, 0)
    t.equal((await database.rows('audit')).length, 4, 'a refused set leaves no leaf')
    t.same((await database.rows('caseVersion')).map(row => `${row.case} ${row.version}`).sort(), ['one 1', 'other 1'])
    t.same(
      results.flatMap(result => (result.ok ? result.leaves : [])),
      [0, 1, 2, 3],
      'leaves stay dense'
    )
  })

  t.test('what can happen once happens once, and whoever comes second learns of the first', async t => {
    const { database, store } = await opened(t)
    const results = await Promise.all(
      ['first', 'second', 'third'].map(value =>
        store.log.commit(preparedSet({ guards: [onceFor('key', value)], rows: [invitation(value)] }))
      )
    )
    t.match(results, [{ ok: true }, { ok: false, value: 'first' }, { ok: false, value: 'first' }])
    const later = await store.log.commit(preparedSet({ guards: [onceFor('key', 'later')] }))
    t.match(later, { ok: false, value: 'first', guard: { kind: 'once', key: 'key' } })
    t.match(await database.rows('invitation'), [{ codeMac: 'first' }])
    t.match(await store.log.commit(preparedSet({ guards: [onceFor('other key', 'x')] })), { ok: true })
  })

  t.test('a set of several guards takes none of them where one refuses', async t => {
    const { database, store } = await opened(t)
    await store.log.commit(preparedSet({ guards: [onceFor('taken', 'first')] }))
    const refused = await store.log.commit(
      preparedSet({ guards: [caseAt('one', 0, true), onceFor('free', 'x'), onceFor('taken', 'y')] })
    )
    t.match(refused, { ok: false, guard: { key: 'taken' } })
    t.equal((await database.rows('caseVersion')).length, 0)
    t.match(await store.log.commit(preparedSet({ guards: [onceFor('free', 'x')] })), { ok: true })
  })

  t.test('a draft is saved on the revision it was read at, or not at all', async t => {
    const { database, store } = await opened(t)
    const save = (on: number, to: number) =>
      store.log.commit(preparedSet({ guards: [draftAt('one', on)], working: [draft('one', to)] }))
    const results = await Promise.all([save(0, 1), save(0, 2), save(1, 3), save(1, 4)])
    t.same(
      results.map(result => result.ok),
      [true, false, true, false]
    )
    t.match(await database.rows('draft'), [{ revision: 3 }])
  })

  t.test('a note writes working rows without a leaf, unless its guard refuses', async t => {
    const { database, store } = await opened(t)
    t.equal(await store.log.note([draft('one', 1)]), true)
    t.equal(await store.log.note([draft('one', 2)], [draftAt('one', 1)]), true)
    t.equal(await store.log.note([draft('one', 9)], [draftAt('one', 1)]), false)
    t.match(await database.rows('draft'), [{ revision: 2 }])
    t.equal((await store.audit.head()).size, 0)
    t.equal((await database.rows('audit')).length, 0)
  })

  t.test('sets that wait together share one transaction, notes too', async t => {
    const { database, store } = await opened(t)
    const before = await database.commits()
    const results = await Promise.all([
      ...Array.from({ length: 16 }, () => store.log.commit(preparedSet())),
      store.log.note([draft('one', 1)])
    ])
    t.equal((await database.commits()) - before, 1)
    const heads = results.filter(result => typeof result === 'object').map(result => result.ok && result.head.size)
    t.same([...new Set(heads)], [16], 'all in one tree')
    await store.log.commit(preparedSet())
    t.equal((await database.commits()) - before, 2, 'one alone does not wait for others')
  })

  t.test('a set that the tables refuse is a defect, fails alone and leaves nothing', async t => {
    const { database, store } = await opened(t)
    await store.log.commit(preparedSet({ rows: [invitation('there')] }))
    const broken = [
      preparedSet({
        guards: [caseAt('one', 0, true), onceFor('key', 'broken')],
        rows: [invitation('new'), invitation('there')]
      }),
      preparedSet({ rows: [{ table: 'invitation', rows: [{ codeMac: 'half', case: undefined }] }] }),
      preparedSet({ records: [preparedRecord('a', [undefined as unknown as string])] })
    ]
    const good = [
      preparedSet({ guards: [onceFor('key', 'good')], rows: [invitation('good')] }),
      preparedSet({ guards: [caseAt('one', 0)] })
    ]
    const settled = await Promise.allSettled(
      [broken[0]!, good[0]!, broken[1]!, good[1]!, broken[2]!].map(set => store.log.commit(set))
    )
    t.same(
      settled.map(result => result.status),
      ['rejected', 'fulfilled', 'rejected', 'fulfilled', 'rejected']
    )
    for (const result of settled) {
      if (result.status === 'rejected') t.notOk(result.reason instanceof Refusal, 'no refusal: the fault is ours')
      else t.match(result.value, { ok: true })
    }
    t.same((await database.rows('invitation')).map(row => row.codeMac).sort(), ['good', 'there'])
    t.match(await database.rows('once'), [{ key: 'key', value: 'good' }])
    await verifyLog(t, database, store)
  })

  t.test('a full disk is store-unavailable, nothing is half there, and the log goes on afterwards', async t => {
    const { database, store } = await opened(t)
    await store.log.commit(preparedSet())
    const free = store.fill()
    const large = { table: 'draft', rows: [{ ...draft('large', 1).rows[0], sealed: Buffer.alloc(400_000) }] }
    const settled = await Promise.allSettled([
      store.log.commit(preparedSet({ guards: [onceFor('small', 'x')], rows: [invitation('small')] })),
      store.log.commit(preparedSet({ guards: [onceFor('large', 'x')], working: [large] }))
    ])
    for (const result of settled) t.match(refusalOf(result), { key: 'store-unavailable', entry: { status: 503 } })
    t.match(await thrownBy(store.log.note([large])), { key: 'store-unavailable' })
    t.equal((await database.rows('once')).length, 0)
    t.equal((await database.rows('invitation')).length, 0)
    t.equal((await store.audit.head()).size, 1)
    free()
    t.match(await store.log.commit(preparedSet({ guards: [onceFor('small', 'x')] })), { ok: true, leaves: [1] })
    await verifyLog(t, database, store)
  })

  t.test('a store that is closed is store-unavailable', async t => {
    const database = await make(t)
    const store = await database.open()
    await store.close()
    t.match(await thrownBy(store.log.commit(preparedSet())), { key: 'store-unavailable', retryAfterSeconds: 1 })
    t.match(await thrownBy(store.log.note([draft('one', 1)])), { key: 'store-unavailable' })
  })

  t.test('closing finishes what was asked for before', async t => {
    const database = await make(t)
    const store = await database.open()
    const asked = Array.from({ length: 100 }, () => store.log.commit(preparedSet()))
    await store.close()
    t.equal((await Promise.all(asked)).filter(result => result.ok).length, 100)
    t.equal((await database.rows('audit')).length, 100)
  })

  t.test('two gateways on one database write one log', async t => {
    const { database, store } = await opened(t)
    const other = await database.open()
    t.teardown(() => other.close())
    const results: CommitResult[] = []
    for (let round = 0; round < 4; round++) {
      const [one, two] = [store, other].map(({ log }) =>
        [0, 1, 2].map(() => log.commit(preparedSet({ guards: [caseAt('shared', round, true)] })))
      ) as [Promise<CommitResult>[], Promise<CommitResult>[]]
      results.push(...(await Promise.all([...one, ...two])))
    }
    const leaves = results.flatMap(result => (result.ok ? result.leaves : []))
    t.same(
      leaves.toSorted((a, b) => a - b),
      [0, 1, 2, 3],
      'each version was raised once, by one of them'
    )
    await verifyLog(t, database, store)
    t.same(await other.audit.head(), await store.audit.head())
  })

  t.test('processes that write at the same time do not fork the log', async t => {
    const { database, store } = await opened(t)
    const elsewhere = database.appendElsewhere(2, 40)
    let isRunning = true
    void elsewhere.finally(() => {
      isRunning = false
    })
    let here = 0
    while (isRunning) {
      await Promise.all([0, 1, 2, 3].map(() => store.log.commit(preparedSet())))
      here += 4
      // lets the others have the lock, and be ready to take it
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    await elsewhere
    t.equal((await store.audit.head()).size, 80 + here)
    await verifyLog(t, database, store)
  })

  t.test('each leaf is proven by the commit that made it, and later by what is stored', async t => {
    const { database, store } = await opened(t)
    const seen: { set: PreparedSet; result: CommitResult }[] = []
    for (const sizes of [[1], [2, 1], [3], [1, 1, 1, 1, 5], [2]]) {
      const sets = sizes.map(size => preparedSet({ records: Array.from({ length: size }, () => preparedRecord()) }))
      const results = await Promise.all(sets.map(set => store.log.commit(set)))
      seen.push(...sets.map((set, index) => ({ set, result: results[index]! })))
    }
    for (const { set, result } of seen) t.ok(isProven(set, result))
    await verifyLog(t, database, store)

    const { size, frontier } = await store.audit.head()
    const early = seen[2]!
    const at = early.result.ok ? early.result.leaves[0]! : -1
    const stored = await store.audit.nodes(inclusionPlan(at, size).flat())
    const proof = inclusionProof(at, size, (level, index) => stored.get(`${level}/${index}`)!)
    t.ok(
      verifyInclusion(early.set.records[0]!.leafHash, at, size, proof, rootOf(frontier)),
      'an old leaf in the new tree'
    )
  })

  t.test('any groups of any sets: the outcome is that of one after the other', async t => {
    const { database, store } = await opened(t)
    const model = new Model()
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(setOf, { minLength: 1, maxLength: 6 }), { maxLength: 4 }), async groups => {
        run++
        for (const group of groups) {
          const sets = group.map(wanted => toSet(wanted, run))
          const results = await Promise.all(sets.map(({ set }) => store.log.commit(set)))
          for (const [index, { set, wanted }] of sets.entries()) {
            const result = results[index]!
            if (model.apply(wanted, run) !== result.ok) return false
            if (result.ok && !isProven(set, result)) return false
          }
        }
        return true
      }),
      { numRuns: 30 }
    )
    t.equal((await store.audit.head()).size, model.leaves)
    t.same(
      (await database.rows('caseVersion')).map(row => `${row.case} ${row.version}`).sort(),
      [...model.versions].map(([id, version]) => `${id} ${version}`).sort()
    )
    t.same((await database.rows('once')).map(row => `${row.key} ${row.value}`).sort(), [...model.once].sort())
    await verifyLog(t, database, store)
  })
}

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error
  )

const refusalOf = (result: PromiseSettledResult<unknown>): unknown =>
  result.status === 'rejected' ? result.reason : undefined

/** RFC 9162 section 2.1.1, word for word. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

function isProven(set: PreparedSet, result: CommitResult): boolean {
  if (!result.ok) return false
  const { head, leaves } = result
  const nodeAt: NodeAt = (level, index) => head.nodes.get(`${level}/${index}`)!
  return leaves.every((leaf, index) =>
    verifyInclusion(
      set.records[index]!.leafHash,
      leaf,
      head.size,
      inclusionProof(leaf, head.size, nodeAt),
      rootOf(head.frontier)
    )
  )
}

/** The stored log from nothing but its leaves: dense, in order, the head that of the tree, each earlier tree a beginning of it. */
async function verifyLog(t: Test, database: TestDatabase, store: OpenStore): Promise<void> {
  const rows = (await database.rows('audit')).toSorted((a, b) => Number(a.leaf) - Number(b.leaf))
  t.same(
    rows.map(row => row.leaf),
    rows.map((_, leaf) => leaf),
    'leaves are dense and in order'
  )
  const hashes = rows.map(row => leafHash(Buffer.from(row.entry as string)))
  const { size, frontier } = await store.audit.head()
  t.equal(size, hashes.length)
  t.same(rootOf(frontier), naiveRoot(hashes), 'the head is that of a tree made anew')
  const trees = [...new Set(rows.map(row => row.tree as number))]
  t.ok(rows.every(row => trees.includes(row.tree as number) && (row.tree as number) > (row.leaf as number)))
  t.equal(trees.at(-1), size, 'the last commit made the head')
  const stored = await database.rows('logNode')
  const nodes = new Map(stored.map(node => [`${node.level}/${node.position}`, node.hash as Uint8Array]))
  const nodeAt: NodeAt = (level, index) => nodes.get(`${level}/${index}`)!
  for (const tree of trees) {
    const root = rootOf(peaks(tree).map(({ level, index }) => nodeAt(level, index)))
    if (!verifyConsistency(tree, size, root, rootOf(frontier), consistencyProof(tree, size, nodeAt)))
      t.fail(`tree ${tree} is not a beginning of the log`)
  }
}

type Wanted =
  | { readonly kind: 'case'; readonly name: number; readonly version: number; readonly raise: boolean }
  | { readonly kind: 'once'; readonly name: number; readonly value: number }
  | { readonly kind: 'draft'; readonly name: number; readonly on: number; readonly to: number }

const small = fc.integer({ min: 0, max: 2 })
const wantedOf: fc.Arbitrary<Wanted> = fc.oneof(
  fc.record({ kind: fc.constant('case' as const), name: small, version: small, raise: fc.boolean() }),
  fc.record({ kind: fc.constant('once' as const), name: small, value: small }),
  fc.record({ kind: fc.constant('draft' as const), name: small, on: small, to: fc.integer({ min: 1, max: 2 }) })
)
// one guard of a kind and name: two of one name in one set would be the same question asked twice
const setOf = fc.record({
  wanted: fc.uniqueArray(wantedOf, { maxLength: 3, selector: ({ kind, name }) => `${kind} ${name}` }),
  records: fc.integer({ min: 1, max: 4 })
})
type WantedSet = { readonly wanted: readonly Wanted[]; readonly records: number }

function toSet(wanted: WantedSet, run: number): { set: PreparedSet; wanted: WantedSet } {
  const guards = wanted.wanted.map(one => {
    if (one.kind === 'case') return caseAt(`${run}-${one.name}`, one.version, one.raise)
    if (one.kind === 'once') return onceFor(`${run}-${one.name}`, String(one.value))
    return draftAt(`${run}-${one.name}`, one.on)
  })
  const working = wanted.wanted.flatMap(one => (one.kind === 'draft' ? [draft(`${run}-${one.name}`, one.to)] : []))
  const records = Array.from({ length: wanted.records }, () => preparedRecord())
  return { set: preparedSet({ guards, working, records }), wanted }
}

/** What a store that takes one set after the other would hold. */
class Model {
  readonly versions = new Map<string, number>()
  readonly drafts = new Map<string, number>()
  readonly #once = new Map<string, number>()
  leaves = 0

  get once(): string[] {
    return [...this.#once].map(([key, value]) => `${key} ${value}`)
  }

  apply({ wanted, records }: WantedSet, run: number): boolean {
    const holds = wanted.every(one => {
      const name = `${run}-${one.name}`
      if (one.kind === 'case') return (this.versions.get(name) ?? 0) === one.version
      return one.kind === 'once' ? !this.#once.has(name) : (this.drafts.get(name) ?? 0) === one.on
    })
    if (!holds) return false
    for (const one of wanted) {
      const name = `${run}-${one.name}`
      if (one.kind === 'case' && one.raise) this.versions.set(name, one.version + 1)
      if (one.kind === 'once') this.#once.set(name, one.value)
      if (one.kind === 'draft') this.drafts.set(name, one.to)
    }
    this.leaves += records
    return true
  }
}
