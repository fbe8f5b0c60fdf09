import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Bundle } from '@medplum/fhirtypes'
import t from 'tap'
import { chainOf, gatewayKeys, keyOf, signingKeys, trustFolder } from '../../../fixtures/test-keys.ts'
import { signDocument } from '../../../src/signature/sign.ts'
import { signatureTypes } from '../../../src/signature/signed-form.ts'
import { signInput } from '../../../src/standards/jws.ts'
import { formatVkey, noteKey, signCheckpoint } from '../../../src/standards/signed-note.ts'
import { stampingKey } from '../../parties/time-stamping-authority.ts'
import { type Making, makeReply, makeToken } from '../../parties/timestamp-token.ts'
import { ryoritsu } from './console.ts'

t.setTimeout(120_000)

const folder = t.testdir()
const file = (name: string) => join(folder, name)
const save = (name: string, content: string | Uint8Array): string => {
  mkdirSync(dirname(file(name)), { recursive: true })
  writeFileSync(file(name), content)
  return file(name)
}
const trust = file('trust')
mkdirSync(trust)
for (const name of ['roots.pem', 'tsa-roots.pem']) copyFileSync(join(trustFolder, name), join(trust, name))

interface Told {
  readonly code: number
  readonly kind: string
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]
}

async function verify(...args: readonly string[]): Promise<Told> {
  const { code, out, error } = await ryoritsu(['verify', ...args, '--trust', trust, '--json'], {
    RYORITSU_HOME: file('empty')
  })
  if (error !== '') throw new Error(error)
  return { code, ...JSON.parse(out) }
}
const failing = ({ checks }: Told) =>
  checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name} ${detail.split(':')[0]}`)

const path = join(import.meta.dirname, '../../../fixtures/opinion-continuation/colorectal-cancer-sales.json')
const given: Bundle = JSON.parse(readFileSync(path, 'utf8'))

/** The opinion signed at that time; without another chain under a certificate that was good from 2020 to the end of 2024. */
function signedAt(when: string, chain = 'physician-990101-expired'): Bundle {
  const { alg, privateKey: key } = keyOf(signingKeys, 'physician-990101')
  const { x5c } = chainOf(chain)
  const who = given.signature!.who!.identifier as { system: string; value: string }
  return signDocument(given, { alg, key, x5c, who, when, typeCode: signatureTypes.author })
}

const stampedAt = (bundle: Bundle, time: string, more: Partial<Making> = {}): Making => ({
  imprint: createHash('sha256')
    .update(Buffer.from(bundle.signature!.data!, 'base64').toString().split('.')[2]!)
    .digest(),
  nonce: undefined,
  time: Date.parse(time),
  accuracySeconds: 1,
  by: stampingKey('tsa-expired'),
  ...more
})

const document = signedAt('2024-06-01T09:00:00.000+09:00')
const original = save('original.json', JSON.stringify(document))
const good = save('stamp.tsr', makeReply(stampedAt(document, '2024-06-01T00:00:05Z')))

t.test(
  'what was signed under a certificate that has expired since then holds by its time-stamp, and not without',
  async t => {
    const told = await verify(original, '--timestamp', good)
    t.match(told, { code: 0, kind: 'original' }, JSON.stringify(told.checks))
    t.match(
      told.checks.find(({ name }) => name === 'timestamp')?.detail,
      /2024-06-01T00:00:05\.000Z \(1000 ms either way\)/
    )
    t.match(await verify(original), { code: 1 })
    t.same(failing(await verify(original)), ['author-signature certificate-expired'])
    t.same(
      failing(await verify(original, '--at', '2024-07-01T00:00:00Z')),
      [],
      'nor is it needed where the time is known'
    )
    const token = save('token.tsr', makeToken(stampedAt(document, '2024-06-01T00:00:05Z')))
    t.match(await verify(original, '--timestamp', token), { code: 0 }, 'a token without its reply')
  }
)

t.test('a stamp from after the validity proves nothing of the time before', async t => {
  const by = stampingKey()
  const late = save('late.tsr', makeReply(stampedAt(document, '2025-02-01T00:00:00Z', { by })))
  t.same(failing(await verify(original, '--timestamp', late)), ['author-signature certificate-expired'])
  const edge = save('edge.tsr', makeReply(stampedAt(document, '2024-12-31T23:59:59Z', { by, accuracySeconds: 2 })))
  t.same(failing(await verify(original, '--timestamp', edge)), ['author-signature certificate-expired'], 'give or take')
  const backdated = save('backdated.json', JSON.stringify(signedAt('2024-06-01T09:10:00.000+09:00')))
  const before = save(
    'before.tsr',
    makeReply(stampedAt(signedAt('2024-06-01T09:10:00.000+09:00'), '2024-06-01T00:00:05Z'))
  )
  t.same(failing(await verify(backdated, '--timestamp', before)), [
    'signing-time more than 5 minutes after 2024-06-01T00'
  ])
})

t.test('a stamp that is not of this signature, or of nobody that is believed, does not hold', async t => {
  const refused = async (name: string, making: Making, ...more: readonly string[]) =>
    failing(await verify(original, '--timestamp', save(name, makeReply(making)), ...more))[0]
  const other = signedAt('2024-06-01T09:00:01.000+09:00')
  const time = '2024-06-01T00:00:05Z'
  t.equal(await refused('other.tsr', stampedAt(other, time)), 'timestamp imprint')
  const untrusted = stampedAt(document, time, { by: stampingKey('tsa-untrusted') })
  t.equal(await refused('untrusted.tsr', untrusted), 'timestamp authority-untrusted')
  t.equal(await refused('after.tsr', stampedAt(document, '2025-02-01T00:00:00Z')), 'timestamp authority-expired')
  t.equal(
    await refused('early.tsr', stampedAt(document, time), '--at', '2024-05-01T00:00:00Z'),
    'timestamp-time more than 5 minutes after 2024-05-01T00'
  )
  t.same(failing(await verify(original, '--timestamp', save('none.tsr', 'hello')))[0], 'timestamp malformed')
})

t.test('without tsa-roots.pem nobody is believed: untrusted, which is not refused', async t => {
  const bare = file('bare')
  mkdirSync(bare)
  copyFileSync(join(trust, 'roots.pem'), join(bare, 'roots.pem'))
  const now = save('now.json', readFileSync(path))
  const { out, code } = await ryoritsu(['verify', now, '--timestamp', good, '--trust', bare], {})
  t.match(out, /FAILED timestamp: untrusted: .* tsa-roots\.pem/)
  t.equal(code, 3)
})

t.test('a stamp that lies beside its document is found', async t => {
  const pack = save('pack/document.json', JSON.stringify(document))
  t.match(await verify(pack), { code: 1 })
  copyFileSync(good, file('pack/timestamp.tsr'))
  t.match(await verify(pack), { code: 0 }, 'as the evidence pack has it')
  const named = save('beside/opinion.json', JSON.stringify(document))
  copyFileSync(good, file('beside/opinion.tsr'))
  t.match(await verify(named), { code: 0 })
  copyFileSync(file('other.tsr'), file('beside/opinion.json.tsr'))
  t.match(await verify(named), { code: 1 }, 'one that is not of it is told')
})

t.test('a head of the log with its stamp', async t => {
  const { privateKey, publicKey } = keyOf(gatewayKeys, 'gateway-log')
  const key = noteKey('gateway.example/log', publicKey)
  const signer = { key, sign: (input: Uint8Array) => signInput('EdDSA', input, privateKey) }
  writeFileSync(join(trust, 'log.vkey'), `${formatVkey(key)}\n`)
  const text = await signCheckpoint({ origin: key.name, size: 7, root: Buffer.alloc(32, 1) }, signer)
  const note = save('checkpoint', text)
  t.match(await verify(note), { code: 0, kind: 'checkpoints' })
  const imprint = createHash('sha256').update(text).digest()
  const making: Making = { imprint, nonce: undefined, time: Date.parse('2026-09-10T00:00:00Z'), by: stampingKey() }
  save('checkpoint.tsr', makeReply(making))
  const told = await verify(note)
  t.match(told, { code: 0, checks: [{ name: 'checkpoint' }, { name: 'timestamp', detail: /2026-09-10/ }] })
  const other = save(
    'other-checkpoint',
    await signCheckpoint({ origin: key.name, size: 8, root: Buffer.alloc(32, 1) }, signer)
  )
  t.same(failing(await verify(other, '--timestamp', file('checkpoint.tsr'))), ['timestamp imprint'])
  t.same(failing(await verify(save('forged', text.replace('\n7\n', '\n9\n')))), [
    'checkpoint no head signed by a key of log.vkey'
  ])
})

t.test('what was signed before its certificate was revoked holds by its time-stamp, and not without', async t => {
  const revocation = join(trust, 'revocation')
  const lists = join(trustFolder, '../revocation')
  const by = stampingKey()
  const signed = (chain: string) => {
    const bundle = signedAt('2026-09-10T11:25:00.000+09:00', chain)
    return { bundle, path: save(`${chain}.json`, JSON.stringify(bundle)) }
  }
  const stamp = (bundle: Bundle, time: string) => save('revoked.tsr', makeReply(stampedAt(bundle, time, { by })))
  const after = signed('physician-990101-revoked-after')
  t.same(failing(await verify(after.path)), [], 'nothing at hand tells of it')

  mkdirSync(revocation)
  for (const name of ['test-intermediate.crl', 'test-root.crl']) copyFileSync(join(lists, name), join(revocation, name))
  t.same(failing(await verify(after.path)), ['revocation certificate-revoked'], 'a thief may claim any time')
  const inTime = ['--timestamp', stamp(after.bundle, '2026-09-10T02:30:00Z')]
  t.match(await verify(after.path, ...inTime), { code: 0 }, 'revoked in June 2027')
  const late = ['--timestamp', stamp(after.bundle, '2027-06-02T00:00:00Z')]
  t.same(failing(await verify(after.path, ...late)), ['revocation certificate-revoked'])
  const before = signed('physician-990101-revoked-before')
  const stamped = ['--timestamp', stamp(before.bundle, '2026-09-10T02:30:00Z')]
  t.same(failing(await verify(before.path, ...stamped)), ['revocation certificate-revoked'], 'in January 2026')
  const good = await verify(signed('physician-990101-not-revoked').path)
  t.match(good, { code: 0 })
  const detailOf = (name: string) => good.checks.find(check => check.name === name)?.detail
  t.match(detailOf('revocation'), /^not revoked: crl with SHA-256 \S{43}, crl with SHA-256 \S{43}$/u)
  t.match(detailOf('qualification'), /^the certificates prove none$/u, 'this folder has no anchors.json')
  copyFileSync(join(trustFolder, 'anchors.json'), join(trust, 'anchors.json'))
  const believed = await verify(signed('physician-990101-not-revoked').path)
  t.match(
    believed.checks.find(({ name }) => name === 'qualification')?.detail,
    /^Medical Doctor by policy 1\.2\.392\./u
  )
  rmSync(join(trust, 'anchors.json'))

  rmSync(revocation, { recursive: true })
  const beside = save('with-lists/document.json', JSON.stringify(after.bundle))
  t.match(await verify(beside), { code: 0 })
  mkdirSync(file('with-lists/crl'))
  copyFileSync(join(lists, 'test-intermediate.crl'), file('with-lists/crl/1.crl'))
  t.match(await verify(beside), { code: 1 }, 'lists that lie beside the document, as the evidence pack has them')
})

t.test('says where a time-stamp does not belong', async t => {
  const wrong = async (message: RegExp, ...args: readonly string[]) => {
    const { code, error } = await ryoritsu(['verify', ...args, '--trust', trust], {})
    t.equal(code, 2)
    t.match(error, message)
  }
  await wrong(/goes with one file/, original, original, '--timestamp', good)
  await wrong(/goes with a document or one checkpoint/, save('a.jws', 'eyJhIjoxfQ.e30.AA'), '--timestamp', good)
  await wrong(/cannot be read \(ENOENT\)/, original, '--timestamp', file('nowhere'))
})
