import { randomBytes } from 'node:crypto'
import t from 'tap'
import { as, type CaseId } from '../../src/document/ids.ts'
import { append, appendAlways, type RecordParts } from '../../src/record/append.ts'
import { KeyGone } from '../../src/record/keyring.ts'
import type { PreparedSet } from '../../src/record/ports.ts'
import { proofInCommit } from '../../src/record/receipt.ts'
import type { Guard, WriteSet } from '../../src/record/write-set.ts'
import { inclusionProof, leafHash, verifyInclusion } from '../../src/standards/merkle.ts'
import { auditRecord, recordSetting } from './setting.ts'

const setOf = (parts: Partial<WriteSet> = {}): WriteSet => ({
  guards: [],
  rows: {},
  working: {},
  audit: [auditRecord()],
  ...parts
})

const once = (value: string): Guard => ({ kind: 'once', scope: 'document', key: 'key', value, expiresAt: null })
const onCase = (version: number, raise: boolean): Guard => ({
  kind: 'case-version',
  case: as<CaseId>('case'),
  version,
  raise
})

t.test('each record is sealed under its document, else its case, else the log, and is found again', async t => {
  const { keyring, reads, parts } = await recordSetting(t)
  const ofCase = keyring.freshCaseKey('case')
  const ofDocument = keyring.freshKey('document', 'case', ofCase.key)
  const audit = [
    auditRecord(),
    auditRecord({ case: 'case' }),
    auditRecord({ case: 'case', document: 'document' })
  ] as const
  const fresh = new Map([
    ['case', ofCase.key],
    ['document', ofDocument.key]
  ])
  const appended = await appendAlways(
    parts,
    setOf({ working: { keyWrap: [ofCase.wrap, ofDocument.wrap] }, audit }),
    fresh
  )
  t.same(appended.leaves, [0, 1, 2])
  for (const [leaf, record] of audit.entries()) {
    const found = await reads.audit.record(record.id)
    t.match(found, { leaf, tree: 3, entry: appended.entries[leaf], case: record.case, document: record.document })
    t.equal(Buffer.from(found!.event).toString(), JSON.stringify(record.event))
    const proof = proofInCommit(appended.head, leaf, appended.entries[leaf]!)
    const path = inclusionProof(leaf, proof.size, proof.nodeAt)
    t.ok(verifyInclusion(leafHash(Buffer.from(proof.entry)), leaf, 3, path, proof.root))
  }
  const later = auditRecord({ case: 'case', document: 'document' })
  await appendAlways(parts, setOf({ audit: [later] }))
  t.equal((await reads.audit.record(later.id))?.leaf, 3, 'by the keys that are stored')
})

t.test('who comes second learns what the first left, and stores nothing', async t => {
  const { parts, reads } = await recordSetting(t)
  const [first, second] = await Promise.all([
    append(parts, setOf({ guards: [once('first')] })),
    append(parts, setOf({ guards: [once('second')] }))
  ])
  t.match(first, { leaves: [0] })
  t.same(second, { taken: { scope: 'document', value: 'first' } })
  t.equal((await reads.audit.head()).size, 1)
  await t.rejects(appendAlways(parts, setOf({ guards: [once('third')] })), TypeError, 'for sets that cannot be taken')
})

t.test('a case that moved on since it was read is decision-changed, to be decided again', async t => {
  const { parts, reads } = await recordSetting(t)
  await appendAlways(parts, setOf({ guards: [onCase(0, true)] }))
  const error = await append(parts, setOf({ guards: [onCase(0, false)] })).catch((error: unknown) => error)
  t.match(error, { key: 'decision-changed', entry: { status: 409 } })
  t.equal((await reads.audit.head()).size, 1)
  t.match(await append(parts, setOf({ guards: [onCase(1, false)] })), { leaves: [1] })
})

t.test('a record of something whose key is gone is not written under another', async t => {
  const { parts, reads } = await recordSetting(t)
  await t.rejects(append(parts, setOf({ audit: [auditRecord({ case: 'never opened' })] })), KeyGone)
  t.equal((await reads.audit.head()).size, 0)
})

t.test('what goes to the store is plain values, ready for another thread', async t => {
  const { keyring } = await recordSetting(t)
  const seen: PreparedSet[] = []
  const parts: RecordParts = {
    keyring,
    log: {
      commit: async set => {
        seen.push(set)
        return { ok: true, head: { size: 1, frontier: [randomBytes(32)], nodes: new Map() }, leaves: [0] }
      },
      note: async () => true,
      close: async () => undefined
    }
  }
  await append(parts, setOf({ guards: [once('x')], working: { keyWrap: [keyring.freshCaseKey('case').wrap] } }))
  t.equal(seen.length, 1)
  t.same(structuredClone(seen[0]), seen[0])
})
