import 'reflect-metadata'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import * as x509 from '@peculiar/x509'
import fc from 'fast-check'
import t from 'tap'
import { chainOf, testAnchors, trustFolder } from '../../fixtures/test-keys.ts'
import { readFields } from '../../src/signature/certificate-fields.ts'
import { certificateCheck } from '../../src/signature/certificates.ts'
import type { CertificatePath, RevocationTimes } from '../../src/signature/ports.ts'
import { revocationCheck } from '../../src/signature/revocation/check.ts'
import { crlUpdates, openCrl } from '../../src/signature/revocation/crl.ts'
import { evidenceSource, revocationDataIn } from '../../src/signature/revocation/evidence.ts'
import { ocspUpdates } from '../../src/signature/revocation/ocsp.ts'
import { issueResponder } from '../parties/issue.ts'
import {
  authorityKey,
  type CrlWish,
  makeCrl,
  makeOcsp,
  type OcspWish,
  ocspRefusal,
  oids,
  scope
} from '../parties/revocation-data.ts'

const signedAt = Date.parse('2026-09-10T02:25:00Z')
const received: RevocationTimes = { signedAt, provenAt: signedAt + 60_000, now: signedAt + 60_000 }
const folder = join(trustFolder, '../revocation')
const committed = (name: string) => readFileSync(join(folder, name))

async function pathOf(file: string): Promise<CertificatePath> {
  const answer = await certificateCheck(testAnchors())(chainOf(file).x5c, signedAt)
  if (answer.kind !== 'trusted') throw new TypeError(answer.why)
  return answer.path
}
const path = await pathOf('physician-990101-not-revoked')
const [leaf, intermediate, root] = path.certificates as [
  CertificatePath['certificates'][0],
  CertificatePath['certificates'][0],
  CertificatePath['certificates'][0]
]
const serial = Buffer.from(leaf.serial).toString('hex')
const crlUri = 'http://ca.ryoritsu.test/test-intermediate.crl'

const day = { thisUpdate: '2026-09-10T00:00:00Z', nextUpdate: '2026-09-11T00:00:00Z' }
const crl = (change: Partial<CrlWish> = {}) => makeCrl({ issuer: intermediate, ...day, ...change })
/** about the intermediate, by the root */
const rootCrl = makeCrl({ issuer: root, key: authorityKey('test-root'), ...day })
const responder = await issueResponder()
const ocsp = (change: Partial<OcspWish> = {}) =>
  makeOcsp({ certificate: leaf, issuer: intermediate, status: 'good', responder, ...day, ...change })

/** as data that was fetched, whatever it is */
const data = (bytes: Uint8Array, kind: 'crl' | 'ocsp') => ({
  kind,
  bytes,
  hash: createHash('sha256').update(bytes).digest('base64url')
})

async function status(bytes: Uint8Array, kind: 'crl' | 'ocsp' = 'crl', times: Partial<RevocationTimes> = {}) {
  const check = revocationCheck(evidenceSource([data(bytes, kind), data(rootCrl, 'crl')]))
  return (await check(path, { ...received, ...times })).status
}

t.test('a list that does not name a certificate says that it is good', async t => {
  t.equal(await status(crl()), 'good')
  t.equal(await status(crl({ revoked: [{ serial: '77', at: '2026-01-01' }] })), 'good', 'others are revoked')
  const check = revocationCheck(evidenceSource([data(crl(), 'crl')]))
  t.equal((await check(path, received)).status, 'unknown', 'nothing was said of the intermediate')
  const both = revocationCheck(evidenceSource([data(crl(), 'crl'), data(rootCrl, 'crl')]))
  const { evidence } = await both(path, received)
  t.same(new Set(evidence.map(({ hash }) => hash)), new Set([data(crl(), 'crl').hash, data(rootCrl, 'crl').hash]))
  const nobody = revocationCheck(evidenceSource([]))
  t.same(await nobody(path, received), { status: 'unknown', evidence: [] })
})

t.test('an authority below the root can be revoked, too', async t => {
  const revoked = [{ serial: Buffer.from(intermediate.serial).toString('hex'), at: '2026-01-01' }]
  const list = makeCrl({ issuer: root, key: authorityKey('test-root'), ...day, revoked })
  const check = revocationCheck(evidenceSource([data(crl(), 'crl'), data(list, 'crl')]))
  t.equal((await check(path, received)).status, 'revoked')
})

t.test('revoked before signing is revoked, revoked later was good', async t => {
  const since = (at: string, reason?: number, invalidAt?: string) =>
    crl({
      revoked: [
        { serial: '01', at: '2026-01-01' },
        { serial, at, ...(reason !== undefined && { reason }), ...(invalidAt && { invalidAt }) },
        { serial: 'ff01', at: '2026-01-01', reason: 1 }
      ]
    })
  t.equal(await status(since('2026-09-09')), 'revoked')
  t.equal(await status(since('2026-09-10T02:26:00Z')), 'revoked', 'in the very moment of receipt')
  t.equal(await status(since('2026-09-10T02:26:01Z')), 'good')
  t.equal(await status(since('2026-09-09', 4)), 'revoked', 'superseded')
  t.equal(await status(since('2026-09-09', 6)), 'revoked', 'on hold')
  t.equal(await status(since('2026-09-10T12:00:00Z', 1)), 'good', 'key compromise, later')
  t.equal(
    await status(since('2026-09-10T12:00:00Z', 1, '2026-09-01')),
    'revoked',
    'key compromise, found later, suspected since before'
  )
  t.equal(await status(since('2026-09-10T12:00:00Z', 4, '2026-09-01')), 'revoked', 'the date counts for every reason')
  t.equal(await status(since('2026-09-10T12:00:00Z', 1, '2026-09-10T11:00:00Z')), 'good', 'suspected after signing')
  t.equal(
    await status(since('2026-09-10T12:00:00Z'), 'crl', { provenAt: undefined }),
    'revoked',
    'nothing proves that the signature was there before'
  )
})

t.test('a list speaks for its own time', async t => {
  t.equal(await status(crl({ thisUpdate: '2026-09-08T00:00:00Z', nextUpdate: '2026-09-09T00:00:00Z' })), 'unknown')
  t.equal(await status(crl({ thisUpdate: '2026-09-10T02:32:00Z' })), 'unknown', 'from the future')
  t.equal(await status(crl({ thisUpdate: '2026-09-10T02:30:00Z' })), 'good', 'clocks may differ by five minutes')
  const later = crl({ thisUpdate: '2027-01-01T00:00:00Z', nextUpdate: '2027-01-02T00:00:00Z' })
  t.equal(await status(later, 'crl', { now: undefined }), 'good', 'a later list knows of the time of signing')
  const endless = makeCrl({ issuer: intermediate, thisUpdate: '2026-09-10T02:25:30Z' })
  t.equal(await status(endless), 'unknown', 'made before receipt, and no next one is announced')
  const old = { thisUpdate: '2026-09-01T00:00:00Z', nextUpdate: '2026-09-02T00:00:00Z' }
  t.equal(await status(crl({ ...old, revoked: [{ serial, at: '2026-08-01' }] })), 'revoked', 'an old one still tells')
  t.equal(
    await status(crl({ ...old, revoked: [{ serial, at: '2026-08-01', reason: 6 }] })),
    'unknown',
    'but a hold may have ended'
  )
  const past = '2121-01-01T00:00:00Z'
  const dropped = crl({ thisUpdate: past, nextUpdate: '2121-01-02T00:00:00Z' })
  t.equal(await status(dropped, 'crl', { now: undefined }), 'unknown', 'what has expired may be left out')
})

t.test('a list that another signed, or nobody, says nothing', async t => {
  const revoked = [{ serial, at: '2026-01-01' }]
  t.equal(await status(crl({ key: authorityKey('other-root'), revoked })), 'unknown')
  t.equal(
    await status(crl({ issuer: root, key: authorityKey('test-root'), revoked })),
    'unknown',
    'the root’s own list'
  )
  t.equal(await status(crl({ isSha1: true, revoked })), 'unknown', 'SHA-1')
  const changed = crl({ revoked })
  changed[60] = changed[60]! ^ 1
  t.equal(await status(changed), 'unknown')
  for (const bytes of [Buffer.alloc(0), Buffer.from('<html>'), Buffer.from([0x30, 0x80]), crl().subarray(0, 90)]) {
    t.equal(await status(bytes), 'unknown')
    t.equal(crlUpdates(bytes), undefined)
    t.equal(revocationDataIn(bytes), undefined)
  }
})

t.test('lists for other certificates, and parts of lists, say nothing', async t => {
  const of = (...extensions: NonNullable<CrlWish['extensions']>) => status(crl({ extensions }))
  t.equal(await of(scope({ uri: crlUri })), 'good', 'the place that the certificate names')
  t.equal(await of(scope({ uri: 'http://ca.ryoritsu.test/other.crl' })), 'unknown')
  t.equal(await of(scope({ flags: [1] })), 'good', 'users only')
  t.equal(await of(scope({ flags: [2] })), 'unknown', 'authorities only')
  t.equal(await of(scope({ flags: [4] })), 'unknown', 'indirect')
  t.equal(await of(scope({ flags: [5] })), 'unknown', 'attribute certificates')
  t.equal(await of({ oid: oids.deltaIndicator, isCritical: true, value: Buffer.from([2, 1, 1]) }), 'unknown', 'delta')
  t.equal(await of({ oid: '1.2.3.4', isCritical: true, value: Buffer.from([5, 0]) }), 'unknown', 'critical, unknown')
  t.equal(await of({ oid: '1.2.3.4', value: Buffer.from([5, 0]) }), 'good', 'unknown and not critical')
  t.equal(await of({ oid: oids.crlNumber, value: Buffer.from([2, 1, 1]) }), 'good')
  const elsewhere = { oid: oids.certificateIssuer, isCritical: true, value: Buffer.from([0x30, 0]) }
  t.equal(
    await status(crl({ revoked: [{ serial: '77', at: '2026-01-01', extensions: [elsewhere] }] })),
    'unknown',
    'an entry of another issuer makes the whole list one that is not understood'
  )
  t.equal(
    await status(crl({ revoked: [{ serial, at: '2026-01-01', reason: 8 }] })),
    'unknown',
    'removeFromCRL has no place in a whole list'
  )
})

t.test('an answer by OCSP says it of one certificate', async t => {
  t.equal(await status(ocsp(), 'ocsp'), 'good')
  t.equal(await status(ocsp({ hash: 'sha256' }), 'ocsp'), 'good', 'SHA-256 in the name of the certificate')
  const byIssuer = makeOcsp({ certificate: leaf, issuer: intermediate, status: 'good', ...day })
  t.equal(await status(byIssuer, 'ocsp'), 'good', 'signed by the issuer itself')
  t.equal(await status(ocsp({ status: { at: '2026-09-01' } }), 'ocsp'), 'revoked')
  t.equal(await status(ocsp({ status: { at: '2026-09-10T12:00:00Z', reason: 1 } }), 'ocsp'), 'good', 'revoked later')
  t.equal(await status(ocsp({ status: 'unknown' }), 'ocsp'), 'unknown')
  const other = readFields(Buffer.from(chainOf('physician-990202').x5c[0]!, 'base64'))
  t.equal(await status(ocsp({ certificate: other }), 'ocsp'), 'unknown', 'about another')
  t.equal(await status(ocsp({ issuer: root }), 'ocsp'), 'unknown', 'about this number of another issuer')
  t.equal(
    await status(ocsp({ thisUpdate: '2026-09-09', nextUpdate: '2026-09-10T02:00:00Z' }), 'ocsp'),
    'unknown',
    'old'
  )
  const shown = { thisUpdate: '2026-09-10T02:22:00Z' }
  const now = makeOcsp({ certificate: leaf, issuer: intermediate, status: 'good', responder, ...shown })
  t.equal(await status(now, 'ocsp'), 'good', 'without nextUpdate: good for five minutes')
  t.equal(await status(now, 'ocsp', { provenAt: signedAt + 3 * 60_000 }), 'unknown')
  const extension = { oid: '1.2.3.4', isCritical: true, value: Buffer.from([5, 0]) }
  t.equal(await status(ocsp({ extensions: [extension] }), 'ocsp'), 'unknown', 'critical, unknown')
  t.equal(await status(ocspRefusal(3), 'ocsp'), 'unknown', 'try later')
  t.equal(ocspUpdates(ocspRefusal(3)), undefined)
  for (const bytes of [Buffer.alloc(0), Buffer.from('<html>'), ocsp().subarray(0, 200)]) {
    t.equal(await status(bytes, 'ocsp'), 'unknown')
  }
})

t.test('a responder must have been made one by that very issuer', async t => {
  const good = ['1.3.6.1.5.5.7.3.9']
  const nocheck = new x509.Extension('1.3.6.1.5.5.7.48.1.5', false, new Uint8Array([5, 0]))
  const by = async (change: Parameters<typeof issueResponder>[0], key?: string) =>
    status(ocsp({ responder: await issueResponder(change), ...(key && { key: authorityKey(key) }) }), 'ocsp')
  t.equal(await by({}), 'good')
  t.equal(await by({ by: 'other-root' }), 'unknown', 'another signed its certificate')
  t.equal(await by({ issuer: 'CN=Other' }), 'unknown', 'of another issuer')
  t.equal(await by({}, 'other-root'), 'unknown', 'another signed the answer')
  t.equal(await by({ extensions: [nocheck] }), 'unknown', 'a user’s certificate')
  t.equal(await by({ extensions: [new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.4']), nocheck] }), 'unknown')
  t.equal(await by({ extensions: [new x509.ExtendedKeyUsageExtension(good)] }), 'unknown', 'could itself be revoked')
  const encipher = new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyEncipherment, true)
  t.equal(await by({ extensions: [new x509.ExtendedKeyUsageExtension(good), nocheck, encipher] }), 'unknown')
  t.equal(await by({ validity: [new Date('2020-01-01'), new Date('2026-01-01')] }), 'unknown', 'expired')
  t.equal(await by({ hash: 'SHA-1' }), 'unknown', 'a weak signature')
})

t.test('one bad word outweighs good ones; the committed lists say what their certificates are called', async t => {
  const both = evidenceSource([data(ocsp(), 'ocsp'), data(crl({ revoked: [{ serial, at: '2026-01-01' }] }), 'crl')])
  t.equal((await revocationCheck(both)(path, received)).status, 'revoked')
  const files = evidenceSource([
    data(committed('test-intermediate.crl'), 'crl'),
    data(committed('test-root.crl'), 'crl')
  ])
  const check = revocationCheck(files)
  const said = async (story: string) =>
    (await check(await pathOf(`physician-990101-${story}`), { ...received, now: undefined })).status
  t.equal(await said('not-revoked'), 'good')
  t.equal(await said('revoked-before'), 'revoked')
  t.equal(await said('revoked-after'), 'good')
  const unproven = await check(await pathOf('physician-990101-revoked-after'), {
    signedAt,
    provenAt: undefined,
    now: undefined
  })
  t.equal(unproven.status, 'revoked')
})

t.test('any changed byte of a list or an answer ends in silence, never in another word', async t => {
  const revoked = [{ serial, at: '2026-01-01', reason: 1 }]
  for (const [bytes, kind] of [
    [crl({ revoked }), 'crl'] as const,
    [ocsp({ status: { at: '2026-01-01' } }), 'ocsp'] as const
  ]) {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (place, difference) => {
        const changed = Buffer.from(bytes)
        changed[place] = changed[place]! ^ difference
        const said = await status(changed, kind)
        return said === 'unknown' || said === 'revoked'
      }),
      { numRuns: 300 }
    )
  }
  t.pass('600 changes')
})

t.test('a list of one number again and again, or of numbers that collide, is none', async t => {
  const revoked = Array.from({ length: 1002 }, () => ({ serial: '11', at: '2026-01-01' }))
  await t.rejects(openCrl(crl({ revoked }), intermediate), { message: 'numbers that collide' })
  t.equal(await status(crl({ revoked })), 'unknown')
  t.equal(await status(crl({ revoked: revoked.slice(0, 1000) })), 'good')
})

t.test('a list of 10 MiB is read once, and nobody waits for it', async t => {
  const revoked = Array.from({ length: 270_000 }, (_, i) => ({
    serial: (0x10000000 + i * 7).toString(16),
    at: '2026-01-01',
    reason: 4
  }))
  const large = crl({ revoked: [...revoked, { serial, at: '2026-01-01' }] })
  t.ok(large.length > 9 * 1024 * 1024 && large.length < 10.5 * 1024 * 1024, `${large.length} bytes`)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const started = performance.now()
  const opened = await openCrl(large, intermediate)
  const took = performance.now() - started
  delay.disable()
  t.match(opened.entry(leaf.serial), { reason: 0 })
  t.equal(opened.entry(Buffer.from('10000001', 'hex')), undefined)
  for (const i of [0, 1, 134_999, 269_999]) {
    t.match(opened.entry(Buffer.from(revoked[i]!.serial, 'hex')), { reason: 4 }, `entry ${i}`)
  }
  t.comment(`${Math.round(took)} ms in all; longest turn ${(delay.max / 1e6).toFixed(1)} ms`)
})
