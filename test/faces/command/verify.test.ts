import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle, DocumentReference } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import { cases } from '../../../fixtures/cases/cases.ts'
import { gatewayKeys, keyOf, signingKeys, trustFolder } from '../../../fixtures/test-keys.ts'
import type { Signer } from '../../../src/document/signer.ts'
import { signAsGateway } from '../../../src/signature/sign.ts'
import { signatureTypes } from '../../../src/signature/signed-form.ts'
import { encodeBase64url } from '../../../src/standards/base64url.ts'
import { sign, signInput } from '../../../src/standards/jws.ts'
import { appendLeaf, consistencyProof, type Frontier, leafHash, rootOf } from '../../../src/standards/merkle.ts'
import { formatVkey, noteKey, signCheckpoint } from '../../../src/standards/signed-note.ts'
import { startGateway } from '../../parties/gateway.ts'
import type { Answered, Party } from '../../parties/party.ts'
import { registerTown } from '../../parties/register.ts'
import {
  accept,
  confirm,
  deposit,
  documentOf,
  expectStatus,
  invite,
  join as joinCase,
  knownFrom,
  liveDocument,
  openCase,
  receiptOf,
  release,
  search
} from '../../parties/story.ts'
import { ryoritsu } from './console.ts'

t.setTimeout(120_000)

const fixtures = join(import.meta.dirname, '../../../fixtures')
const work = t.testdir({ empty: {} })
const file = (name: string) => join(work, name)
const save = (name: string, content: Uint8Array | string) => {
  writeFileSync(file(name), content)
  return file(name)
}

interface Told {
  readonly ok: boolean
  readonly kind: string
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]
}

/** A folder of trust for the fixtures: their root and their gateway. */
const trust = file('trust')
mkdirSync(trust)
for (const name of ['roots.pem', 'gateway.jwks.json']) copyFileSync(join(trustFolder, name), join(trust, name))
async function verify(...args: readonly string[]): Promise<Told & { readonly code: number }> {
  const { code, out, error } = await ryoritsu(['verify', ...args, '--json'], { RYORITSU_HOME: file('empty') })
  if (error !== '') throw new Error(error)
  return { code, ...(JSON.parse(out) as Told) }
}

const failing = ({ checks }: Told) => checks.filter(({ ok }) => !ok).map(({ name }) => name)

/** A whole case at a real gateway: what its parties hold in the end, as files. */
async function play() {
  const running = await startGateway({ home: file('home') })
  const story = cases[1]!
  const town = await registerTown(running, story)
  const atHr = await openCase(town.hr, story)
  const atWorker = await accept(town.worker, atHr.invitation!)
  const code = await invite(town.worker, atWorker.id, 'hospital')
  const atHospital = knownFrom(expectStatus(await joinCase(town.hospital, story, code), 201))
  await confirm(town.hospital, town.worker, atWorker.id)
  const bundle = liveDocument(story, 'opinion-return', atHospital)
  const deposited = expectStatus(await deposit(town.hospital, bundle), 201)
  const opened = await receiptBy(town.hospital, (deposited.body as DocumentReference).id!)
  const work = liveDocument(story, 'work-information', atHr)
  const workReceipt = receiptOf(expectStatus(await deposit(town.hr, work), 201))
  await release(town.worker, {
    subject: atWorker.subject,
    discloser: town.hospital.file.organization,
    recipients: [town.ohp.file.party],
    kinds: ['opinion-return'],
    classes: 'all'
  })
  const [reference] = await search(town.ohp, atHr.subject)
  const derived = expectStatus(await documentOf(town.ohp, reference!), 200).bytes
  const disclosed = await receiptBy(town.ohp, reference!.id!)
  await Promise.all(Object.values(town).map(party => party.close()))
  await running.stop()
  return {
    original: save('original.json', JSON.stringify(bundle)),
    receipt: save('receipt.jws', receiptOf(deposited)),
    opened: save('opened.jws', `${opened}\n`),
    work: save('work.json', JSON.stringify(work)),
    workReceipt: save('work.jws', workReceipt),
    derived: save('derived.json', derived),
    disclosed: save('disclosed.jws', disclosed),
    trust: file('home/trust')
  }
}

async function receiptBy(party: Party, id: string): Promise<string> {
  const path = `/fhir/DocumentReference/${id}/$receipt`
  const answered: Answered = await party.get(path, { headers: { accept: 'application/jose' } })
  return expectStatus(answered, 200).text
}

const held = await play()

t.test('what a gateway took, made and confirmed holds offline, by the trust folder that it keeps', async t => {
  for (const [name, kind] of [
    ['original', 'original'],
    ['work', 'original'],
    ['derived', 'derived'],
    ['receipt', 'receipt'],
    ['opened', 'receipt'],
    ['disclosed', 'receipt']
  ] as const) {
    const told = await verify(held[name], '--trust', held.trust)
    t.match(told, { code: 0, ok: true, kind }, `${name}: ${JSON.stringify(told.checks.filter(({ ok }) => !ok))}`)
  }
})

t.test('a receipt is of its document and of no other', async t => {
  const by = ['--trust', held.trust]
  t.match(await verify(held.receipt, '--document', held.original, ...by), { code: 0, ok: true })
  t.match(await verify(held.workReceipt, '--document', held.work, ...by), { code: 0, ok: true })
  t.match(await verify(held.disclosed, '--document', held.derived, ...by), { code: 0, ok: true })
  const other = await verify(held.receipt, '--document', held.derived, ...by)
  t.equal(other.code, 1)
  t.same(failing(other), ['document'])
  const opened = await verify(held.opened, ...by)
  t.ok(opened.checks.some(({ name, ok }) => name === 'opening' && ok))
})

t.test('refuses each after a change of its first, its last or any of 200 other bytes', async t => {
  for (const [name, path] of [
    ['original', held.original],
    ['fixture', join(fixtures, 'opinion-return/stroke-driver.json')],
    ['derived', held.derived],
    ['receipt', held.receipt],
    ['opened', held.opened]
  ] as const) {
    const bytes = readFileSync(path)
    const by = ['--trust', name === 'fixture' ? trust : held.trust]
    t.equal((await verify(path, ...by)).code, 0, `${name} holds as it is`)
    const difference = fc.integer({ min: 1, max: 255 })
    const ends = [0, bytes.length - 1].flatMap(place => [1, 3, 0x20, 0x80].map(by => [place, by] as [number, number]))
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), difference, async (place, difference) => {
        const changed = Buffer.from(bytes)
        changed[place] = changed[place]! ^ difference
        const { code } = await ryoritsu(['verify', save('changed', changed), ...by], { RYORITSU_HOME: file('empty') })
        return code === 1 || code === 3
      }),
      { numRuns: 200 + ends.length, examples: ends }
    )
    t.pass(`${name}: 200 places`)
  }
})

t.test('believes nothing where no trust is given, and never the file itself', async t => {
  for (const path of [held.original, held.work, held.derived, held.receipt]) {
    for (const by of [[], ['--trust', file('nowhere')], ['--trust', file('empty')]]) {
      const told = await verify(path, ...by)
      t.match(told, { code: 3, ok: false })
      t.ok(told.checks.every(({ ok, detail }) => ok || detail.startsWith('untrusted: ')))
    }
  }
  t.same(existsSync(file('empty/trust')), false, 'and writes nothing')
  const foreign = await verify(held.derived, '--trust', trust)
  t.equal(foreign.code, 1, 'the keys of another gateway are no reason to believe')
  t.same(failing(foreign), ['gateway-signature'])
})

t.test('one object for several files; one that does not hold decides', async t => {
  const changed = save('changed', readFileSync(held.receipt, 'utf8').slice(0, -1))
  const both = await ryoritsu(['verify', held.receipt, changed, '--trust', held.trust, '--json'], {})
  t.equal(both.code, 1)
  t.match(JSON.parse(both.out), {
    ok: false,
    files: [
      { file: held.receipt, ok: true },
      { file: changed, ok: false }
    ]
  })
  const plain = await ryoritsu(['verify', held.receipt, '--trust', held.trust], {})
  t.match(plain.out, /receipt\.jws: holds \(receipt\)\n {2}ok {5}receipt: /)
})

t.test('an author may sign by a registered key, which belongs to one house', async t => {
  const path = join(fixtures, 'work-information/colorectal-cancer-sales.json')
  const { signature } = JSON.parse(readFileSync(path, 'utf8')) as Bundle
  const who = signature!.who!.identifier!
  const key = keyOf(signingKeys, `employer-${who.value}`)
  const signers = (organization: object) => {
    writeFileSync(
      join(trust, 'signers.jwks.json'),
      JSON.stringify({ keys: [{ ...key.publicJwk, 'x-organization': organization }] })
    )
  }
  signers({ system: who.system, value: who.value })
  t.match(await verify(path, '--trust', trust), { code: 0, kind: 'original' })
  signers({ system: who.system, value: '1' })
  const told = await verify(path, '--trust', trust)
  t.equal(told.code, 1)
  t.match(told.checks.at(-1)!.detail, /^signer-unknown: /)
})

t.test(
  'an original may be indented; what else differs in white space or escapes is told apart by a receipt only',
  async t => {
    const path = join(fixtures, 'opinion-return/stroke-driver.json')
    const text = readFileSync(path, 'utf8')
    const value = JSON.parse(text)
    const check = async (content: string) => failing(await verify(save('spelled.json', content), '--trust', trust))
    for (const indent of ['', ' ', '  ', '\t']) {
      t.same(await check(JSON.stringify(value, null, indent)), [])
      t.same(await check(`${JSON.stringify(value, null, indent)}\n`), [])
    }
    for (const other of [
      ` ${text}`,
      `${text}\n\n`,
      `${text}\t`,
      text.replace(',', ', '),
      text.replaceAll('/', '\\/')
    ]) {
      t.same(await check(other), ['spelling'])
    }
    t.same(await check(JSON.stringify({ ...value, id: 'x' })), ['unsigned-members'])
    t.same(await check(JSON.stringify({ ...value, meta: { ...value.meta, versionId: '2' } })), ['unsigned-members'])
    t.same(await check(text.replace('"timestamp"', '"identifier":{},"timestamp"')), ['kind'], 'no member twice')
  }
)

t.test('a draft that the gateway signed for its people is an original', async t => {
  const path = join(fixtures, 'work-information/stroke-driver.json')
  const { signature, ...unsigned } = JSON.parse(readFileSync(path, 'utf8')) as Bundle
  const { alg, privateKey } = keyOf(gatewayKeys, 'gateway-document')
  const signer: Signer = {
    alg: alg as Signer['alg'],
    kid: 'gateway-document',
    sign: input => signInput(alg, input, privateKey)
  }
  const claims = { when: '2026-09-10T11:25:00.000+09:00', issuer: 'https://gateway.example' }
  const attested = await signAsGateway(signer, unsigned, { ...claims, typeCode: signatureTypes.attested })
  t.match(await verify(save('attested.json', JSON.stringify(attested)), '--trust', trust), {
    code: 0,
    kind: 'original'
  })
  const derived = await signAsGateway(signer, unsigned, { ...claims, typeCode: signatureTypes.derived })
  const bare = await verify(save('bare.json', JSON.stringify(derived)), '--trust', trust)
  t.same(failing(bare), ['spelling'], 'a derived document comes in steps of 4096 bytes')
})

t.test('--at is a time at which the file was there', async t => {
  const path = join(fixtures, 'opinion-return/stroke-driver.json')
  const at = (time: string) => verify(path, '--trust', trust, '--at', time)
  t.equal((await at('2026-11-27T10:15:00+09:00')).code, 0)
  t.same(failing(await at('2026-11-27T10:09:59+09:00')), ['signing-time'])
  t.same(failing(await at('2121-01-01T00:00:00Z')), ['author-signature'], 'the certificate has ended by then')
  t.same(failing(await verify(held.receipt, '--trust', held.trust, '--at', '2020-01-01T00:00:00Z')), ['recorded-time'])
})

t.test('a certificate that leads nowhere is refused', async t => {
  for (const name of ['certificate-untrusted', 'certificate-expired', 'signer-mismatch']) {
    const told = await verify(join(fixtures, `negative/${name}.json`), '--trust', trust)
    t.equal(told.code, 1)
    t.match(told.checks.at(-1), { name: 'author-signature', ok: false, detail: new RegExp(`^${name}: `) })
  }
})

t.test('a receipt must be signed by a key for receipts', async t => {
  const claims = JSON.parse(Buffer.from(readFileSync(held.receipt, 'utf8').split('.')[1]!, 'base64url').toString())
  const signed = (kid: string, typ: string, more: object = {}) => {
    const { alg, privateKey } = keyOf(gatewayKeys, kid)
    return sign({ alg, kid, typ }, Buffer.from(JSON.stringify({ ...claims, ...more })), privateKey)
  }
  const mixed = file('mixed')
  mkdirSync(mixed)
  copyFileSync(join(trust, 'gateway.jwks.json'), join(mixed, 'gateway.jwks.json'))
  copyFileSync(join(held.trust, 'log.vkey'), join(mixed, 'log.vkey'))
  const check = async (text: string) => failing(await verify(save('signed.jws', text), '--trust', mixed))
  const typ = 'ryoritsu-receipt+jwt'
  t.same(await check(signed('gateway-receipt', typ)), [])
  t.same(await check(signed('gateway-document', typ)), ['receipt-signature'])
  t.same(await check(signed('gateway-receipt', 'JWT')), ['receipt-signature'])
  t.same(await check(signed('gateway-receipt', typ, { treeSize: claims.treeSize + 1 })), ['tree-head', 'inclusion'])
  t.same(await check(signed('gateway-receipt', typ, { leafHash: encodeBase64url(Buffer.alloc(32)) })), ['inclusion'])
  t.same(await check(signed('gateway-receipt', typ, { checkpoint: 'none' })), ['checkpoint'])
  t.same(await check(signed('gateway-receipt', typ, { bytes: '1' })), ['receipt'])
  const opening = { id: claims.jti, time: claims.recorded, key: encodeBase64url(Buffer.alloc(32)), record: 'e30' }
  t.same(await check(signed('gateway-receipt', typ, { opening })), ['opening'])
})

t.test('a pair of checkpoints shows that the log only grew', async t => {
  const { privateKey, publicKey } = keyOf(gatewayKeys, 'gateway-log')
  const key = noteKey('gateway.example/log', publicKey)
  const signer = { key, sign: (input: Uint8Array) => signInput('EdDSA', input, privateKey) }
  const nodes = new Map<string, Uint8Array>()
  const roots: Uint8Array[] = []
  let frontier: Frontier = []
  for (let size = 0; size < 9; size++) {
    roots.push(rootOf(frontier))
    const appended = appendLeaf(frontier, size, leafHash(Buffer.from(`leaf ${size}`)))
    for (const { level, index, hash } of appended.completed) nodes.set(`${level}/${index}`, hash)
    frontier = appended.frontier
  }
  const note = (size: number, root = roots[size]!) => signCheckpoint({ origin: key.name, size, root }, signer)
  const proof = consistencyProof(3, 8, (level, index) => nodes.get(`${level}/${index}`)!).map(encodeBase64url)
  const pair = { old: await note(3), new: await note(8), proof }
  writeFileSync(join(trust, 'log.vkey'), `${formatVkey(key)}\n`)
  const check = (value: object) => verify(save('pair.json', JSON.stringify(value)), '--trust', trust)
  t.match(await check(pair), { code: 0, ok: true, kind: 'checkpoints' })
  t.same(failing(await check({ ...pair, proof: proof.slice(1) })), ['consistency'])
  t.same(failing(await check({ ...pair, old: await note(3, roots[4]!) })), ['consistency'])
  t.same(failing(await check({ ...pair, new: pair.new.replace('\n8\n', '\n7\n') })), ['new-checkpoint'])
  t.same(failing(await check({ ...pair, old: pair.new, new: pair.old })), ['consistency'])
  const untrusted = await verify(save('pair.json', JSON.stringify(pair)), '--trust', file('empty'))
  t.equal(untrusted.code, 3)
})

t.test('says what is wrong with how it was called, and does nothing', async t => {
  const wrong = async (message: RegExp, ...args: readonly string[]) => {
    const { code, out, error } = await ryoritsu(['verify', ...args], { RYORITSU_HOME: file('empty') })
    t.equal(code, 2, args.join(' '))
    t.equal(out, '')
    t.match(error, message)
    t.match(error, /ryoritsu verify <file>…/)
  }
  await wrong(/no file is named/)
  await wrong(/cannot be read \(ENOENT\)/, file('nowhere'))
  await wrong(/cannot be read \(EISDIR\)/, file('empty'))
  await wrong(/verifies no SD-JWT/, held.derived, '--sd-jwt', held.receipt)
  await wrong(/date and time with a zone/, held.receipt, '--at', '2026-09-10')
  await wrong(/--document goes with one file/, held.receipt, held.opened, '--document', held.original)
  await wrong(/--document goes with a receipt/, held.derived, '--trust', held.trust, '--document', held.original)
  await wrong(/Unknown option '--trusting'/, held.receipt, '--trusting', 'x')
  writeFileSync(join(trust, 'roots.pem'), '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----')
  await t.rejects(ryoritsu(['verify', held.receipt, '--trust', trust], {}), /roots\.pem: .* whole certificate/)
})

t.test('what is of no kind does not hold', async t => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '{"resourceType":"Patient"}',
    'a.b',
    'PK\u0003\u0004',
    '{"old":1}',
    'a.b.c'
  ]) {
    const { code } = await verify(save('strange', text), '--trust', held.trust)
    t.equal(code, 1, text)
  }
  const broken = await verify(
    save('strange', '{"resourceType":"Bundle","entry":"x","signature":1}'),
    '--trust',
    trustFolder
  )
  t.equal(broken.code, 1)
  t.same(failing(broken), ['structure'])
})
