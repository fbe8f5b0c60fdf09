import fc from 'fast-check'
import t from 'tap'
import {
  appendLeaf,
  consistencyPlan,
  consistencyProof,
  emptyRoot,
  type Frontier,
  frontierAt,
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

interface Log {
  readonly leaves: readonly Uint8Array[]
  /** Root at each size. */
  readonly roots: readonly Uint8Array[]
  readonly nodeAt: NodeAt
}

function logOf(entries: readonly Uint8Array[]): Log {
  const nodes = new Map<string, Uint8Array>()
  const leaves = entries.map(leafHash)
  const roots = [emptyRoot]
  let frontier: Frontier = []
  for (const [size, leaf] of leaves.entries()) {
    const appended = appendLeaf(frontier, size, leaf)
    frontier = appended.frontier
    for (const { level, index, hash } of appended.completed) nodes.set(`${level}/${index}`, hash)
    roots.push(rootOf(frontier))
  }
  const nodeAt: NodeAt = (level, index) => {
    const found = nodes.get(`${level}/${index}`)
    if (found === undefined) throw new Error(`no node ${level}/${index}`)
    return found
  }
  return { leaves, roots, nodeAt }
}

/** RFC 9162 section 2.1.1, word for word. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return emptyRoot
  if (leaves.length === 1) return leaves[0]!
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

const sample = logOf(Array.from({ length: 70 }, (_, i) => Buffer.from(`entry ${i}`)))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

t.test('gives the roots that Certificate Transparency publishes as test vectors', async t => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'
  ]
  const log = logOf(inputs.map(input => Buffer.from(input, 'hex')))
  t.same(log.roots.map(hex), roots)
  const proof = (leaf: number, size: number) => inclusionProof(leaf, size, log.nodeAt).map(hex)
  t.same(proof(0, 1), [])
  t.same(proof(2, 3), ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'])
  t.same(proof(5, 8), [
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'
  ])
  t.same(consistencyProof(6, 8, log.nodeAt).map(hex), [
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'
  ])
})

t.test('proves every leaf in every tree and every pair of sizes', async t => {
  const { leaves, roots, nodeAt } = sample
  const wrong: string[] = []
  for (let size = 0; size <= leaves.length; size++) {
    const root = roots[size]!
    if (hex(naiveRoot(leaves.slice(0, size))) !== hex(root)) wrong.push(`root ${size}`)
    if (hex(rootOf(frontierAt(size, nodeAt))) !== hex(root)) wrong.push(`frontier ${size}`)
    for (let leaf = 0; leaf < size; leaf++) {
      if (!verifyInclusion(leaves[leaf]!, leaf, size, inclusionProof(leaf, size, nodeAt), root))
        wrong.push(`leaf ${leaf}/${size}`)
    }
    for (let first = 0; first <= size; first++) {
      if (!verifyConsistency(first, size, roots[first]!, root, consistencyProof(first, size, nodeAt)))
        wrong.push(`${first}-${size}`)
    }
  }
  t.same(wrong, [])
})

t.test('a proof in the tree of its own commit needs no node from outside frontier and commit', async t => {
  const { leaves, roots, nodeAt } = sample
  fc.assert(
    fc.property(fc.nat(50), fc.integer({ min: 1, max: 19 }), (before, count) => {
      const known = new Map(peaks(before).map(({ level, index }) => [`${level}/${index}`, nodeAt(level, index)]))
      let frontier = frontierAt(before, nodeAt)
      for (let size = before; size < before + count; size++) {
        const appended = appendLeaf(frontier, size, leaves[size]!)
        for (const { level, index, hash } of appended.completed) known.set(`${level}/${index}`, hash)
        frontier = appended.frontier
      }
      const size = before + count
      for (let leaf = before; leaf < size; leaf++) {
        const proof = inclusionProof(leaf, size, (level, index) => known.get(`${level}/${index}`)!)
        if (!verifyInclusion(leaves[leaf]!, leaf, size, proof, roots[size]!)) return false
      }
      return true
    })
  )
  t.throws(() => appendLeaf(frontierAt(4, nodeAt), 5, leaves[5]!), TypeError, 'a frontier of another size')
})

t.test('no altered proof is accepted', async () => {
  const { leaves, roots, nodeAt } = sample
  const place = fc.nat(1000)
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 70 }),
      place,
      place,
      place,
      fc.integer({ min: 1, max: 255 }),
      (size, a, b, c, flip) => {
        const leaf = a % size
        const other = b % size
        const root = roots[size]!
        const proof = inclusionProof(leaf, size, nodeAt)
        const holds = (hash: Uint8Array, at: number, of: number, by: readonly Uint8Array[]) =>
          verifyInclusion(hash, at, of, by, root)
        if (other !== leaf && (holds(leaves[leaf]!, other, size, proof) || holds(leaves[other]!, leaf, size, proof)))
          return false
        if (holds(leaves[leaf]!, leaf, size, altered(proof, c, flip))) return false
        return !holds(leaves[leaf]!, leaf, size, [...proof, root]) && !holds(leaves[leaf]!, leaf, size, proof.slice(1))
      }
    ),
    { numRuns: 500 }
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 70 }),
      place,
      place,
      fc.integer({ min: 1, max: 255 }),
      (second, a, b, flip) => {
        const first = 1 + (a % (second - 1))
        const proof = consistencyProof(first, second, nodeAt)
        const holds = (by: readonly Uint8Array[], from = first, old = roots[first]!) =>
          verifyConsistency(from, second, old, roots[second]!, by)
        if (holds(altered(proof, b, flip)) || holds([...proof, roots[first]!]) || holds(proof.slice(1))) return false
        return !holds(proof, first, altered([roots[first]!], b, flip)[0]!)
      }
    ),
    { numRuns: 500 }
  )
})

t.test('refuses sizes, leaves and hashes that cannot be', async t => {
  const { leaves, roots, nodeAt } = sample
  t.throws(() => inclusionPlan(3, 3), RangeError)
  t.throws(() => inclusionPlan(-1, 3), RangeError)
  t.throws(() => consistencyPlan(4, 3), RangeError)
  const proof = inclusionProof(2, 5, nodeAt)
  for (const [leaf, size] of [
    [2, 0],
    [5, 5],
    [-1, 5],
    [2.5, 5],
    [2, Number.NaN],
    [2, 2 ** 53]
  ] as const) {
    t.notOk(verifyInclusion(leaves[2]!, leaf, size, proof, roots[5]!), `${leaf} of ${size}`)
  }
  t.notOk(verifyInclusion(leaves[0]!.subarray(1), 0, 1, [], leaves[0]!.subarray(1)), 'a short hash')
  t.notOk(verifyConsistency(0, 5, roots[1]!, roots[5]!, []), 'an empty tree has one root')
  t.notOk(verifyConsistency(3, 3, roots[3]!, roots[4]!, []), 'one size, two roots')
  t.notOk(verifyConsistency(0, 0, emptyRoot, roots[4]!, []), 'two empty trees')
  t.notOk(verifyConsistency(3, 5, roots[3]!, roots[5]!, []), 'no proof')
})

t.test('holds for trees far beyond 2^31 leaves', async () => {
  // All leaves are alike but one, so that each subtree's hash is known without building the tree.
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.maxSafeNat(), (a, b, c) => {
      const size = (a % (2 ** 53 - 2)) + 1
      const marked = b % size
      const first = c % (size + 1)
      const { nodeAt, leaf } = sparseLog(marked)
      const root = rootOf(frontierAt(size, nodeAt))
      const proof = inclusionProof(marked, size, nodeAt)
      const neighbour = marked > 0 ? marked - 1 : 1
      return (
        verifyInclusion(leaf, marked, size, proof, root) &&
        !verifyInclusion(leaf, neighbour, size, proof, root) &&
        verifyConsistency(first, size, rootOf(frontierAt(first, nodeAt)), root, consistencyProof(first, size, nodeAt))
      )
    }),
    { numRuns: 100 }
  )
})

function sparseLog(marked: number): { readonly nodeAt: NodeAt; readonly leaf: Uint8Array } {
  const leaf = leafHash(Buffer.from('the one'))
  const plain = [leafHash(Buffer.from('any other'))]
  const special = [leaf]
  for (let level = 0, index = marked; level < 53; level++, index = Math.floor(index / 2)) {
    plain.push(nodeHash(plain[level]!, plain[level]!))
    special.push(index % 2 === 1 ? nodeHash(plain[level]!, special[level]!) : nodeHash(special[level]!, plain[level]!))
  }
  return { leaf, nodeAt: (level, index) => (Math.floor(marked / 2 ** level) === index ? special : plain)[level]! }
}

function altered(proof: readonly Uint8Array[], place: number, flip: number): Uint8Array[] {
  const copy = proof.map(hash => Buffer.from(hash))
  const hash = copy[place % copy.length]!
  hash[place % 32] = hash[place % 32]! ^ flip
  return copy
}
