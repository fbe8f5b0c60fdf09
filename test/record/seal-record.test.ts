import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import t from 'tap'
import { derive, Keyring } from '../../src/record/keyring.ts'
import { recordKey, sealRecord } from '../../src/record/seal-record.ts'
import { leafHash } from '../../src/standards/merkle.ts'
import { freshMaster, freshSecrets, MastersInHand } from './masters.ts'
import { auditRecord } from './setting.ts'

const keyring = new Keyring({
  masters: new MastersInHand(freshMaster('one')),
  secrets: freshSecrets(),
  wraps: { keyWrap: async () => undefined },
  random: randomBytes
})
const secret = randomBytes(32)

t.test('the leaf is what the contract says, made with nothing but node:crypto', t => {
  const record = auditRecord({ case: 'case' })
  const { row, leafHash: hash } = sealRecord(record, secret, keyring)
  const key = hkdfSync('sha256', secret, new Uint8Array(), `leaf${record.id}`, 32)
  const hmac = createHmac('sha256', new Uint8Array(key)).update(JSON.stringify(record.event)).digest('base64url')
  t.equal(row.entry, `{"hmac":"${hmac}","id":"${record.id}","time":"2026-09-01T00:00:00.123Z"}`)
  t.same(hash, leafHash(Buffer.from(row.entry)))
  t.end()
})

t.test('the row holds who and what sealed, and opens with the key of this one record', t => {
  const record = auditRecord({ case: 'case', document: 'document' })
  const { row } = sealRecord(record, secret, keyring)
  t.match(row, { id: record.id, act: 'decide', outcome: '0', case: 'case', document: 'document', at: record.at })
  t.notOk(Buffer.from(row.sealed).includes('主治医'))
  t.notOk(row.entry.includes('主治医'))
  const context = `audit|${record.id}`
  const opened = keyring.open(recordKey(secret, record.id), context, row.sealed)
  t.equal(Buffer.from(opened).toString(), JSON.stringify(record.event))

  const next = sealRecord(auditRecord({ case: 'case' }), secret, keyring)
  const keyOfNext = recordKey(secret, next.row.id)
  t.throws(() => keyring.open(keyOfNext, context, row.sealed), 'the key of the next record opens only that')
  t.throws(() => keyring.open(secret, context, row.sealed), 'nor does what both are derived from, as it is')
  t.throws(() => keyring.open(recordKey(secret, record.id), `audit|${next.row.id}`, row.sealed))
  t.end()
})

t.test('what a record belongs to is null where it belongs to nothing', t => {
  t.match(sealRecord(auditRecord(), secret, keyring).row, { case: null, document: null })
  t.end()
})

t.test('an organisation that is party twice is party once', t => {
  const record = auditRecord({ organizations: ['hospital', 'worker', 'hospital'] })
  t.same(sealRecord(record, secret, keyring).organizations, ['hospital', 'worker'])
  t.end()
})

t.test('the key of a record is not a key of anything else under the same secret', t => {
  t.notSame(recordKey(secret, 'digest'), derive(secret, 'digest'))
  t.end()
})
