import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Signer } from '../../src/document/signer.ts'
import { appendAlways } from '../../src/record/append.ts'
import { Checkpoints, type LeafProof, proofInCommit, type ReceiptFacts, signReceipt } from '../../src/record/receipt.ts'
import { decodeBase64url } from '../../src/standards/base64url.ts'
import { parseCompact, signInput, verifySignature } from '../../src/standards/jws.ts'
import { inclusionPlan, leafHash, peaks, rootOf, verifyInclusion } from '../../src/standards/merkle.ts'
import { type NoteSigner, noteKey, openNote, parseCheckpoint } from '../../src/standards/signed-note.ts'
import { at, auditRecord, recordSetting } from './setting.ts'

const receiptKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const logKeys = generateKeyPairSync('ed25519')
const logKey = noteKey('127.0.0.1:8080/log', logKeys.publicKey)
const signer: Signer = {
  alg: 'ES256',
  kid: 'receipt-1',
  sign: input => signInput('ES256', input, receiptKey.privateKey)
}
/** always these keys */
const fixed =
  (...signers: readonly NoteSigner[]) =>
  () =>
    signers
const checkpoints = () =>
  new Checkpoints(logKey.name, fixed({ key: logKey, sign: input => sign(null, input, logKeys.privateKey) }))
const parts = () => ({ issuer: 'http://127.0.0.1:8080', signer: () => signer, checkpoints: checkpoints() })

const bytes = Buffer.from('{"resourceType":"Bundle"}')
const factsOf = (record: string): ReceiptFacts => ({
  act: 'document-deposit',
  reference: 'DocumentReference/1',
  digest: createHash('sha256').update(bytes).digest(),
  bytes: bytes.length,
  kind: 'opinion-return',
  case: 'number',
  recorded: '2026-09-01T00:00:00.123Z',
  record
})

const claimsOf = (receipt: string): Record<string, unknown> & { readonly inclusion: readonly string[] } =>
  JSON.parse(Buffer.from(parseCompact(receipt, { algorithms: ['ES256'] }).payload).toString())

/** A log into which one of several records that were committed together is of interest. */
async function committed(t: Test) {
  const setting = await recordSetting(t)
  const commit = () => {
    const record = auditRecord()
    return appendAlways(setting.parts, { guards: [], rows: {}, working: {}, audit: [record] }).then(appended => ({
      record,
      appended
    }))
  }
  await commit()
  const [, wanted] = await Promise.all([commit(), commit(), commit()])
  return { ...setting, commit, ...wanted! }
}

t.test('states what the contract lists, signed by the receipt key, and proves it', async t => {
  const { record, appended } = await committed(t)
  const proof = proofInCommit(appended.head, appended.leaves[0]!, appended.entries[0]!)
  const receipt = await signReceipt(parts(), factsOf(record.id), proof)
  const { header, signature, signingInput } = parseCompact(receipt, { algorithms: ['ES256'] })
  t.same(header, { alg: 'ES256', typ: 'ryoritsu-receipt+jwt', kid: 'receipt-1' })
  t.ok(verifySignature('ES256', signingInput, signature, receiptKey.publicKey))

  const claims = claimsOf(receipt)
  t.match(claims, {
    iss: 'http://127.0.0.1:8080',
    iat: Math.floor(at / 1000),
    jti: record.id,
    act: 'document-deposit',
    reference: 'DocumentReference/1',
    document: createHash('sha256').update(bytes).digest('base64url'),
    bytes: bytes.length,
    kind: 'opinion-return',
    case: 'number',
    recorded: '2026-09-01T00:00:00.123Z',
    leafIndex: 2,
    treeSize: 4,
    leafHash: leafHash(Buffer.from(appended.entries[0]!)).toString('base64url')
  })
  t.notOk('opening' in claims)
  const hash = (name: string) => decodeBase64url(claims[name] as string)
  const path = claims.inclusion.map(decodeBase64url)
  t.ok(verifyInclusion(hash('leafHash'), 2, 4, path, hash('rootHash')))

  const { text, by } = openNote(claims.checkpoint as string, [logKey])
  t.equal(by.length, 1)
  const checkpoint = parseCheckpoint(text)
  t.match(checkpoint, { origin: '127.0.0.1:8080/log', size: 4 })
  t.same(Buffer.from(checkpoint.root), Buffer.from(hash('rootHash')))
})

t.test('signed anew from what is stored it claims the same, however the log has grown', async t => {
  const { record, appended, commit, reads } = await committed(t)
  const first = await signReceipt(
    parts(),
    factsOf(record.id),
    proofInCommit(appended.head, appended.leaves[0]!, appended.entries[0]!)
  )
  await Promise.all([commit(), commit(), commit()])
  const stored = (await reads.audit.record(record.id))!
  const tops = peaks(stored.tree)
  const nodes = await reads.audit.nodes([...inclusionPlan(stored.leaf, stored.tree).flat(), ...tops])
  const nodeAt: LeafProof['nodeAt'] = (level, index) => nodes.get(`${level}/${index}`)!
  const root = rootOf(tops.map(({ level, index }) => nodeAt(level, index)))
  const proof = { leaf: stored.leaf, entry: stored.entry, size: stored.tree, root, nodeAt }
  const again = await signReceipt(parts(), factsOf(record.id), proof)
  t.same(claimsOf(again), claimsOf(first))
  const opened = await signReceipt(parts(), factsOf(record.id), proof, { opening: { id: record.id } })
  t.same(claimsOf(opened), { ...claimsOf(first), opening: { id: record.id } })
})

t.test('a proof is of its own commit: it does not reach for what that does not hold', async t => {
  const { commit } = await committed(t)
  const { appended } = await commit()
  const proof = proofInCommit(appended.head, 0, 'a leaf of an earlier commit')
  await t.rejects(signReceipt(parts(), factsOf('x'), proof), TypeError)
})

t.test('one head is signed once for all receipts of its commit', async t => {
  let signed = 0
  const counting: NoteSigner = {
    key: logKey,
    sign: input => {
      signed++
      return sign(null, input, logKeys.privateKey)
    }
  }
  const notary = new Checkpoints(logKey.name, fixed(counting))
  const root = Buffer.alloc(32, 1)
  const [one, two] = await Promise.all([notary.of(4, root), notary.of(4, root)])
  t.equal(one, two)
  t.equal(signed, 1)
  t.not(await notary.of(5, root), one)
  t.equal(await notary.of(4, root), one, 'an older head reads the same when it is signed again')
})

t.test('a log key that fails for a moment fails the receipts of that moment', async t => {
  let isAway = true
  const failing: NoteSigner = {
    key: logKey,
    sign: input => {
      if (isAway) throw new Error('the key is away')
      return sign(null, input, logKeys.privateKey)
    }
  }
  const notary = new Checkpoints(logKey.name, fixed(failing))
  const root = Buffer.alloc(32, 1)
  await t.rejects(notary.of(4, root), /the key is away/)
  isAway = false
  t.match(await notary.of(4, root), /^127\.0\.0\.1:8080\/log\n4\n/)
})

t.test(
  'while the log key is changed a head bears both signatures, and a head kept from before is signed anew',
  async t => {
    const fresh = generateKeyPairSync('ed25519')
    const freshKey = noteKey(logKey.name, fresh.publicKey)
    const old: NoteSigner = { key: logKey, sign: input => sign(null, input, logKeys.privateKey) }
    const next: NoteSigner = { key: freshKey, sign: input => sign(null, input, fresh.privateKey) }
    let signers: readonly NoteSigner[] = [old]
    const notary = new Checkpoints(logKey.name, () => signers)
    const root = Buffer.alloc(32, 1)
    const by = (note: string, ...keys: readonly (typeof logKey)[]) => openNote(note, keys).by.map(({ key }) => key.id)
    t.same(by(await notary.of(4, root), logKey, freshKey), [logKey.id])
    signers = [old, next]
    const both = await notary.of(4, root)
    t.same(by(both, logKey, freshKey), [logKey.id, freshKey.id])
    t.same(by(both, logKey), [logKey.id], 'who knows the old key alone can follow')
    t.same(by(both, freshKey), [freshKey.id], 'and who knows the new one alone')
    signers = [next]
    t.same(by(await notary.of(4, root), logKey, freshKey), [freshKey.id])
  }
)

t.test('a receipt is signed by the key of its moment, which its header names', async t => {
  const { record, appended } = await committed(t)
  const proof = proofInCommit(appended.head, appended.leaves[0]!, appended.entries[0]!)
  const keys = ['receipt-1', 'receipt-2'].map(kid => ({
    kid,
    pair: generateKeyPairSync('ec', { namedCurve: 'P-256' })
  }))
  let asked = 0
  // changes at every question, as if a rotation came in between
  const changing = (): Signer => {
    const { kid, pair } = keys[asked++ % 2]!
    return { alg: 'ES256', kid, sign: input => signInput('ES256', input, pair.privateKey) }
  }
  for (const { kid, pair } of keys) {
    const receipt = await signReceipt({ ...parts(), signer: changing }, factsOf(record.id), proof)
    const { header, signature, signingInput } = parseCompact(receipt, { algorithms: ['ES256'] })
    t.equal(header.kid, kid)
    t.ok(verifySignature('ES256', signingInput, signature, pair.publicKey))
  }
})
