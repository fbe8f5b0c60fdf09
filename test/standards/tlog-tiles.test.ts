import fc from 'fast-check'
import t from 'tap'
import {
  appendLeaf,
  type Frontier,
  inclusionProof,
  leafHash,
  rootOf,
  verifyInclusion
} from '../../src/standards/merkle.ts'
import {
  entriesPath,
  entryBundle,
  parseTilePath,
  tileNodes,
  tilePath,
  tilesOf,
  tileWidth
} from '../../src/standards/tlog-tiles.ts'

t.test('writes paths as the specification does', async t => {
  t.equal(tilePath({ level: 0, index: 1234067, width: 256 }), '0/x001/x234/067')
  t.equal(tilePath({ level: 1, index: 0, width: 17 }), '1/000.p/17')
  t.equal(tilePath({ level: 0, index: 273, width: 112 }), '0/273.p/112')
  t.equal(tilePath({ level: 2, index: 1000, width: 256 }), '2/x001/000')
  t.equal(entriesPath(1234067, 5), 'entries/x001/x234/067.p/5')
  t.same(parseTilePath('entries/x001/x234/067.p/5'), { level: 'entries', index: 1234067, width: 5 })
  fc.assert(
    fc.property(fc.nat(63), fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
      t.same(parseTilePath(tilePath({ level, index, width })), { level, index, width })
    })
  )
})

t.test('knows no second path of a tile', async t => {
  for (const path of [
    '',
    '0',
    '0/',
    '0/0',
    '0/00',
    '0/0000',
    '00/000',
    '64/000',
    '-1/000',
    '0/x000/000',
    '0/x001/x234',
    '0/001/234',
    '0/x1/234',
    '0/000.p',
    '0/000.p/',
    '0/000.p/0',
    '0/000.p/01',
    '0/000.p/256',
    '0/000.p/300',
    '0/000/',
    '/0/000',
    '0/000\n',
    '0/000.p/1\n',
    '0/x999/x999/x999/x999/x999/999',
    'entry/000',
    'entries/../000'
  ]) {
    t.equal(parseTilePath(path), undefined, JSON.stringify(path))
  }
})

t.test('a log of 70,000 entries has the tiles that the specification counts', async t => {
  const tiles = tilesOf(70_000)
  const count = (level: number, isFull: boolean) =>
    tiles.filter(tile => tile.level === level && (tile.width === 256) === isFull).length
  t.same([count(0, true), count(0, false), count(1, true), count(1, false), count(2, false)], [273, 1, 1, 1, 1])
  t.equal(tileWidth(0, 273, 70_000), 112)
  t.equal(tileWidth(1, 1, 70_000), 17)
  t.equal(tileWidth(2, 0, 70_000), 1)
  t.equal(tileWidth(0, 274, 70_000), 0)
  t.same(tilesOf(256), [
    { level: 0, index: 0, width: 256 },
    { level: 1, index: 0, width: 1 }
  ])
  t.same(tilesOf(0), [])
})

t.test('the tiles of a log hold all that a proof needs', async t => {
  const size = 300
  const nodes = new Map<string, Uint8Array>()
  const leaves = Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`${i}`)))
  let frontier: Frontier = []
  for (const [at, leaf] of leaves.entries()) {
    const appended = appendLeaf(frontier, at, leaf)
    frontier = appended.frontier
    for (const { level, index, hash } of appended.completed) nodes.set(`${level}/${index}`, hash)
  }
  const published = new Map<string, Uint8Array>()
  for (const tile of tilesOf(size)) {
    for (const { level, index } of tileNodes(tile)) {
      const hash = nodes.get(`${level}/${index}`)
      t.ok(hash)
      published.set(`${level}/${index}`, hash!)
    }
  }
  // Whoever has the tiles computes the levels between them.
  const nodeAt = (level: number, index: number): Uint8Array => {
    let row = Array.from(
      { length: 2 ** (level % 8) },
      (_, i) => published.get(`${level - (level % 8)}/${index * 2 ** (level % 8) + i}`)!
    )
    while (row.length > 1)
      row = row.flatMap((hash, i) => (i % 2 === 0 ? [appendLeaf([hash], 1, row[i + 1]!).frontier[0]!] : []))
    return row[0]!
  }
  for (const leaf of [0, 1, 255, 256, 299]) {
    t.ok(
      verifyInclusion(leaves[leaf]!, leaf, size, inclusionProof(leaf, size, nodeAt), rootOf(frontier)),
      `leaf ${leaf}`
    )
  }
})

t.test('a bundle holds each entry behind its length', async t => {
  t.equal(
    entryBundle([Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(258, 1)]).toString('hex'),
    `00026162${'0000'}0102${'01'.repeat(258)}`
  )
  t.throws(() => entryBundle([Buffer.alloc(65_536)]), RangeError)
})
